package words_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"schism/sim/words"
)

func Example() {
	p := words.NewParser(`put x "a b"`)
	fmt.Println(p.Take("put"), p.Word("a key"), p.Word("a value"), p.End())
	// Output: true x a b <nil>
}

func TestAnyWordsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) })
		list := rapid.SliceOf(bytes).Draw(t, "words")
		var b []byte
		for _, w := range list {
			b = words.Append(b, w)
		}
		p := words.NewParser(string(b))
		for _, w := range list {
			if got := p.Word("a word"); got != w {
				t.Fatalf("%s reads as %q, want %q", b, got, w)
			}
		}
		if err := p.End(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestListsReadBack(t *testing.T) {
	for text, want := range map[string][]string{
		"{}": nil, "{a}": {"a"}, " { a ; b } ": {"a", "b"}, `{"};";b}`: {"};", "b"}, "{a;b;c}": {"a", "b", "c"},
	} {
		p, got := words.NewParser(text), []string(nil)
		p.List(3, func() { got = append(got, p.Word("a word")) })
		if err := p.End(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s reads as %q, error %v", text, got, err)
		}
	}
}

func TestParserSaysWhatDoesNotFit(t *testing.T) {
	for text, want := range map[string]string{
		"":              "want a word",
		"a b":           `"b" is too much`,
		"{":             "want a word",
		`"a`:            `bad quotes at "a`,
		`"a"b`:          `bad quotes at "a"`,
		`a"b`:           `"a\"b" must be quoted`,
		"é":             `"é" must be quoted`,
		"a\tb":          `"a\tb" must be quoted`,
		"one":           "want {",
		"one {a b}":     "want ; or }",
		"one {a":        "want ; or }",
		"one {;}":       "want a word",
		"one {a;}":      "want a word",
		"one {a;a;a;a}": "more than 3 in a list",
	} {
		p := words.NewParser(text)
		if p.Take("one") {
			p.List(3, func() { p.Word("a word") })
		} else {
			p.Word("a word")
		}
		if err := p.End(); err == nil || err.Error() != want || !p.Failed() {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if p.Word("more") != "" || p.Take("a") {
			t.Errorf("%q: something is left", text)
		}
	}
}

func TestTakeTellsWordsFromQuotedWordsAndMarks(t *testing.T) {
	p := words.NewParser(`"watch" watch { "{"`)
	if p.Take("watch") || p.TakeMark("watch") || p.Word("a word") != "watch" || !p.Take("watch") {
		t.Error("a quoted word is taken for a keyword, or the reverse")
	}
	if p.Take("{") || !p.TakeMark("{") || p.TakeMark("{") || p.Word("a word") != "{" || p.End() != nil {
		t.Error("a mark is taken for a word, or the reverse")
	}
	if p := words.NewParser("up"); p.OneOf([]string{"down", "up"}, "where to") != 1 || p.End() != nil {
		t.Error("one of two words is not found")
	}
	if p := words.NewParser("x"); p.OneOf([]string{"", "down"}, "where to") != 0 || p.End() == nil {
		t.Error("another word is found")
	}
}

func FuzzParser(f *testing.F) {
	f.Add(`put x "a b" {a; b}`)
	f.Fuzz(func(t *testing.T, text string) {
		p := words.NewParser(text)
		var b []byte
		for {
			w, ok := p.Peek()
			if !ok {
				break
			}
			b = words.Append(b, w)
			p.Word("a word")
		}
		if p.End() != nil {
			return
		}
		again := words.NewParser(string(b))
		for !again.Failed() {
			if _, ok := again.Peek(); !ok {
				break
			}
			again.Word("a word")
		}
		if err := again.End(); err != nil {
			t.Fatalf("%q is written as %q: %v", text, b, err)
		}
	})
}
