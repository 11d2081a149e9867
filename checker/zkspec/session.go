package zkspec

import (
	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// SessionEnd is the ID of the violation that a node outlives the session that owns it.
const SessionEnd = "session-end"

// JudgeSessionEnd judges SessionEnd: once a client has created an ephemeral node in another session, nobody is shown a
// node that belongs to an earlier one of its sessions. Clients open another session when they are told that theirs
// has expired, and so the zxid of that create is above that of the transaction that closed the earlier session.
//
// It holds where no leader fails: a client is told as soon as its leader has proposed to close the session, and if that
// is lost with the leader, the session lives on under the next one until it expires again.
func JudgeSessionEnd(history []sim.Op) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(SessionEnd, err.Error())
	}
	report, shown := checker.Passed(SessionEnd, 0), 0
	ended := endings(replies)
	for _, r := range byReturn(replies) {
		for _, owner := range owners(r.out) {
			shown++
			if by := ended[owner]; by != nil && r.out.Zxid >= by.out.Zxid {
				broken(&report, by, r, "shows a node of the session "+owner.String()+", after which came")
			}
		}
	}
	report.Examined(shown, "times a node of a session is shown")
	return report
}

// endings returns, for each session that owned a node, the first create of its client in a later session.
func endings(replies []reply) map[zkapi.SessionID]*reply {
	ended := map[zkapi.SessionID]*reply{}
	last := map[sim.NodeID]zkapi.SessionID{}
	for _, r := range byReturn(replies) {
		if r.in.Kind != zkapi.Create || !r.in.Mode.IsEphemeral() || r.out.Code != zkapi.OK {
			continue
		}
		owner := r.out.Stat.EphemeralOwner
		if before := last[r.op.Client]; before != 0 && before != owner {
			ended[before] = r
		}
		last[r.op.Client] = owner
	}
	return ended
}

// owners returns the sessions that own the nodes that a reply shows.
func owners(out *zkapi.Output) []zkapi.SessionID {
	var list []zkapi.SessionID
	add := func(s *zkapi.Stat) {
		if s.EphemeralOwner.IsSession() {
			list = append(list, s.EphemeralOwner)
		}
	}
	add(&out.Stat)
	for i := range out.Results {
		add(&out.Results[i].Stat)
	}
	return list
}
