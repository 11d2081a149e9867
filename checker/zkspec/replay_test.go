package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// A replay proves no more than a search does, whatever is wrong with updates and reads.
func TestWhatReplaysIsExplainedBySearch(t *testing.T) {
	replayed, refuted := 0, 0
	for seed := range uint64(300) {
		history := spoiled(t, seed)
		bad := breakOne(history, func(in *zkapi.Op, out *zkapi.Output) bool {
			switch seed % 6 {
			case 1:
				out.Zxid -= zkapi.Zxid(seed % 7)
			case 2:
				out.Data += "0"
			case 3:
				out.Stat.Version--
			}
			return in.Kind == zkapi.GetData
		})
		if bad != nil {
			history = bad
		}
		writes, sequential := zkspec.JudgeBySearch(history)
		explained := writes.Verdict == checker.Valid && sequential.Verdict == checker.Valid
		switch replays := zkspec.Replays(history); {
		case replays && !explained:
			t.Errorf("seed %d replays, but: %v; %v", seed, writes, sequential)
		case replays:
			replayed++
		case writes.Verdict == checker.Invalid || sequential.Verdict == checker.Invalid:
			refuted++
		}
	}
	if replayed < 30 || refuted < 100 {
		t.Errorf("one-sided histories: %d replay, %d are refuted", replayed, refuted)
	}
}

// What is lost was not done, as a rule, and then nothing has to be searched.
func TestRightHistoriesWithoutLossReplay(t *testing.T) {
	for seed := range uint64(10) {
		if !zkspec.Replays(run(t, world(seed, everything(), nil))) {
			t.Errorf("seed %d does not replay", seed)
		}
	}
}

func TestWhatIsNoPathLeadsNowhere(t *testing.T) {
	stat := zkapi.Stat{Czxid: 4, Mzxid: 5, Pzxid: 4, Version: 1, DataLength: 4}
	set := zkapi.Stat{Czxid: 4, Mzxid: 6, Pzxid: 4, Version: 2}
	for path, right := range map[string]bool{"/b": true, "b": false, "/b/": false, "//b": false, "/": false,
		"": false} {
		in := &zkapi.Op{Kind: zkapi.GetData, Path: path}
		if _, got := zkspec.Step(family(t), in, with(shows(5, stat), "4444")); got != right {
			t.Errorf("get %q: right is %v", path, got)
		}
		in = &zkapi.Op{Kind: zkapi.SetData, Path: path, Version: zkapi.AnyVersion}
		if _, got := zkspec.Step(family(t), in, shows(6, set)); got != right {
			t.Errorf("set %q: right is %v", path, got)
		}
	}
}

// What the server refuses to ask for is judged, too.
func TestARefusalIsNotPassedOver(t *testing.T) {
	history := []sim.Op{{Client: sim.Client(1), Input: parse(t, "create /a 1"), Outcome: sim.OK,
		Output: says(0, zkapi.Unimplemented), CallSeq: 1, ReturnSeq: 2}}
	for _, r := range zkspec.Judge(history, checker.DefaultBudget) {
		if r.Check == zkspec.LinearizableWrites && r.Verdict != checker.Invalid {
			t.Error(r)
		}
	}
}

// A history of which most was left out has still the process numbers that it had.
func TestProcessesMayBeNumberedWithGaps(t *testing.T) {
	history := []sim.Op{{Client: sim.Client(1), Process: 40, Input: parse(t, "create /a 1"), Outcome: sim.OK,
		Output: made(1, "/a", 1, 0), CallSeq: 1, ReturnSeq: 2}}
	expectValid(t, 0, history)
}
