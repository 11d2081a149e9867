package zkspec_test

import (
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// proposer is a server with a log, which it never shows the first transaction of.
type proposer struct {
	reign sim.Reign
	leads bool
	log   []*zkapi.Txn
}

func (p *proposer) Reign() (sim.Reign, bool)            { return p.reign, p.leads }
func (p *proposer) CommittedPosition() checker.Position { return 0 }
func (p *proposer) LastPosition() checker.Position      { return checker.Position(len(p.log)) }
func (p *proposer) TxnAt(i checker.Position) (zkapi.Zxid, []byte, bool) {
	return zkapi.Zxid(i), zkapi.AppendTxn(nil, p.log[i-1]), i > 1
}

// TestSessionsLastAsLongAsTheyShould tells stories of two servers and a session with a timeout of 4 s: words with the
// time in seconds before them, such as "3 n2 expire".
func TestSessionsLastAsLongAsTheyShould(t *testing.T) {
	txns := map[string]*zkapi.Txn{
		"open":   {Session: 7, Delta: zkapi.Delta{Kind: zkapi.CreateSessionTxn, Timeout: 4000}},
		"set":    {Session: 7, Xid: 1, Delta: zkapi.Delta{Kind: zkapi.SetDataTxn, Path: "/x"}},
		"moved":  {Session: 7, Xid: 2, Delta: zkapi.Delta{Kind: zkapi.ErrorTxn, Code: zkapi.SessionMoved}},
		"other":  {Session: 8, Xid: 1, Delta: zkapi.Delta{Kind: zkapi.SetDataTxn, Path: "/x"}},
		"close":  {Session: 7, Xid: 3, Delta: zkapi.Delta{Kind: zkapi.CloseSessionTxn}},
		"expire": {Session: 7, Delta: zkapi.Delta{Kind: zkapi.CloseSessionTxn}},
		"delete": {Delta: zkapi.Delta{Kind: zkapi.DeleteTxn, Path: "/c"}},
	}
	const led = "0 n1 lead 1|0 n1 delete|0 n1 open|"
	for _, c := range []struct {
		name, story string
		right       bool
	}{
		{"silent since it was opened", led + "4 n1 expire", true},
		{"a clock that is fast", led + "3.3 n1 expire", true},
		{"too early", led + "3 n1 expire", false},
		{"too early after a request", led + "3 n1 set|6 n1 expire", false},
		{"silent since a request", led + "3 n1 set|7 n1 expire", true},
		{"whose request was refused", led + "3 n1 moved|5 n1 expire", true},
		{"somebody else's request", led + "3 n1 other|5 n1 expire", true},
		{"closed by its client", led + "1 n1 close", true},
		{"a new leader", led + "3 n2 lead 2|5 n2 expire", false},
		{"a new leader, in time", led + "3 n2 lead 2|7 n2 expire", true},
		{"an old leader", led + "3 n2 lead 2|4 n1 expire|7 n2 expire", true},
		{"a request to an old leader", led + "3 n2 lead 2|6 n1 set|7 n2 expire", true},
		{"a session that nobody has seen opened", "0 n1 lead 1|1 n1 expire", true},
	} {
		e := zkspec.NewExpiry(nil)
		servers := [...]*proposer{{}, {}}
		var found *sim.Violation
		for line := range strings.SplitSeq(c.story, "|") {
			words := strings.Fields(line)
			at, err := time.ParseDuration(words[0] + "s")
			if err != nil || found != nil {
				t.Fatalf("%s: %s, after %v", c.name, line, found)
			}
			n := words[1][1] - '0'
			s := servers[n-1]
			if words[2] == "lead" {
				s.reign, s.leads = sim.Reign(words[3][0]-'0'), true
				s.log = append([]*zkapi.Txn(nil), servers[0].log...)
			} else {
				s.log = append(s.log, txns[words[2]])
			}
			found = e.See(sim.Server(int(n)), s, sim.Time(at))
		}
		if (found == nil) != c.right || found != nil && found.ID != zkspec.SessionEarly {
			t.Errorf("%s: %v", c.name, found)
		}
	}
}
