package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// tail is the end of a log, of which the first transactions are gone.
type tail struct {
	gone  int
	zxids []zkapi.Zxid
}

func (l tail) CommittedPosition() checker.Position { return checker.Position(l.gone + len(l.zxids)) }

func (l tail) TxnAt(p checker.Position) (zkapi.Zxid, []byte, bool) {
	i := int(p) - l.gone - 1
	if i < 0 || i >= len(l.zxids) {
		return 0, nil, false
	}
	return l.zxids[i], nil, true
}

func TestWhatWasShownIsInTheLog(t *testing.T) {
	create := act{1, 1, 2, "create /x 1", made(4, "/x", 1, 0)}
	read := func(z, mzxid zkapi.Zxid) act {
		return act{2, 3, 4, "get /x", shows(z, zkapi.Stat{Czxid: 4, Mzxid: mzxid, Pzxid: 4})}
	}
	parts := together(7, zkapi.OK, says(0, zkapi.OK), shows(0, zkapi.Stat{Mzxid: 6}))
	for _, c := range []struct {
		name  string
		acts  []act
		log   tail
		right bool
	}{
		{"everything", []act{create, read(5, 4)}, tail{0, []zkapi.Zxid{1, 4, 5}}, true},
		{"what the log has forgotten", []act{create, read(5, 4)}, tail{3, []zkapi.Zxid{5, 6}}, true},
		{"an update", []act{create}, tail{0, []zkapi.Zxid{3, 5}}, false},
		{"the last update", []act{create}, tail{0, []zkapi.Zxid{3}}, false},
		{"the only update", []act{create}, tail{}, false},
		{"what a read has seen", []act{read(6, 5)}, tail{0, []zkapi.Zxid{4, 6}}, false},
		{"where a read was", []act{read(5, 4)}, tail{0, []zkapi.Zxid{4, 6}}, false},
		{"part of a multi", []act{{1, 1, 2, "multi {check /x; set /y 1}", parts}}, tail{0, []zkapi.Zxid{5, 7}}, false},
		{"all that the log has forgotten", []act{create}, tail{9, nil}, true},
		{"before everything", []act{create}, tail{0, []zkapi.Zxid{5}}, false},
		{"nobody was told", []act{{1, 1, 0, "create /x 1", nil}}, tail{}, true},
	} {
		r := zkspec.JudgeDurable(historyOf(t, c.acts), c.log)
		if r.Check != zkspec.Durable || (r.Verdict == checker.Valid) != c.right || r.Verdict == checker.Unknown {
			t.Errorf("%s: %v", c.name, r)
		}
		if missing := r.Seen == sim.StillOpen; missing == c.right {
			t.Errorf("%s: something is missing: %v", c.name, missing)
		}
	}
}
