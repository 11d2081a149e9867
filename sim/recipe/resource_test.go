package recipe_test

import (
	"testing"

	"schism/sim"
	"schism/sim/recipe"
)

func TestFencedResourceRefusesLowerTokens(t *testing.T) {
	for _, fenced := range []bool{true, false} {
		r := recipe.NewResource(fenced)
		for i, token := range []recipe.Token{5, 5, 7, 5, 7} {
			var out sim.Effects
			m := &recipe.Write{Number: uint64(i), Token: token}
			r.Step(0, sim.Event{Kind: sim.Receive, From: sim.Client(1), Msg: m}, &out)
			want := !fenced || i != 3
			for _, e := range out.List() {
				if got, ok := e.Msg.(*recipe.Wrote); ok && got.Accepted != want {
					t.Errorf("fenced %v: %v is answered by %v", fenced, m, got)
				}
			}
		}
	}
}

func TestTokensShowTheirHalves(t *testing.T) {
	for token, want := range map[recipe.Token]string{17: "17", 1<<32 | 17: "1:17", 2 << 32: "2:0"} {
		if got := token.String(); got != want {
			t.Errorf("%d is shown as %q, want %q", uint64(token), got, want)
		}
	}
}
