package zkserver

import (
	"encoding/binary"
	"slices"
	"time"

	"schism/sim"
	"schism/zab/zkapi"
)

// MemberWork describes what a client does with the membership: so many times it reads it, which leaves a watch, and
// asks for another one. Of four changes three go by the version that it has read, and one replaces whatever is in
// force.
type MemberWork struct {
	// Rounds is how many changes it asks for.
	Rounds int
	// Servers are those that may be members, MinVoters the least number of voters that it asks for, from 1 to their
	// number.
	Servers   []sim.NodeID
	MinVoters int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
}

// memberChange is a kind of change.
type memberChange int

const (
	// changeLeave lets a voter leave, changeDemote makes one an observer, changeJoin makes another server a voter.
	changeLeave memberChange = iota
	changeDemote
	changeJoin
	// changeAll names as few voters as may be, beginning with any.
	changeAll
	memberChanges
)

// memberRound is what is drawn of a change.
type memberRound struct {
	think time.Duration
	kind  memberChange
	// pick says which server, modulo their number.
	pick int
	// blind changes replace whatever is in force.
	blind bool
}

// Draw draws the recipe of the client id from c. It panics if the bounds of w are wrong.
func (w MemberWork) Draw(c sim.Chooser, id sim.NodeID) Recipe {
	if w.MinVoters < 1 || w.MinVoters > len(w.Servers) {
		panic("zkserver: MemberWork: want from 1 to all servers as voters")
	}
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	m := &members{work: &w}
	for range w.Rounds {
		m.rounds = append(m.rounds, memberRound{c.Span(key, w.ThinkMin, w.ThinkMax),
			memberChange(c.Index(key, int(memberChanges))), c.Index(key, len(w.Servers)),
			c.Chance(key, 25*sim.Percent)})
	}
	return m
}

// members is the recipe of MemberWork.
type members struct {
	// work and rounds never change; clones share them.
	work   *MemberWork
	rounds []memberRound
	next   int
	// reading says that the client reads the membership.
	reading bool
}

// Next implements Recipe.
func (m *members) Next(last Ended) (Move, bool) {
	if m.reading {
		m.reading = false
		round := m.rounds[m.next]
		m.next++
		if last.Out != nil {
			if now, err := zkapi.ParseMembership(last.Out.Data); err == nil {
				return Move{Op: zkapi.Op{Kind: zkapi.Reconfig, Change: m.work.change(&round, &now)}}, true
			}
		}
	}
	if m.next == len(m.rounds) {
		return Move{}, false
	}
	m.reading = true
	look := zkapi.Op{Kind: zkapi.GetData, Path: zkapi.ConfigPath, Watch: true}
	return Move{Think: m.rounds[m.next].think, Op: look}, true
}

// change returns the change of now that the round asks for. Where too few voters would be left, another
// one joins.
func (w *MemberWork) change(r *memberRound, now *zkapi.Membership) *zkapi.Change {
	c := &zkapi.Change{From: now.Version}
	if r.blind {
		c.From = zkapi.AnyMembership
	}
	var voters, others []sim.NodeID
	for _, id := range w.Servers {
		if slices.Contains(now.Members, zkapi.Member{Server: id}) {
			voters = append(voters, id)
		} else {
			others = append(others, id)
		}
	}
	kind := r.kind
	if len(voters) <= w.MinVoters && (kind == changeLeave || kind == changeDemote) {
		kind = changeJoin
	}
	if kind == changeJoin && len(others) == 0 {
		kind = changeAll
	}
	switch kind {
	case changeLeave:
		c.Leaving = []sim.NodeID{voters[r.pick%len(voters)]}
	case changeDemote:
		c.Joining = []zkapi.Member{{Server: voters[r.pick%len(voters)], Observer: true}}
	case changeJoin:
		c.Joining = []zkapi.Member{{Server: others[r.pick%len(others)]}}
	default:
		for i := range w.MinVoters {
			c.Members = append(c.Members, zkapi.Member{Server: w.Servers[(r.pick+i)%len(w.Servers)]})
		}
	}
	return c
}

// Clone implements Recipe.
func (m *members) Clone() Recipe {
	d := *m
	return &d
}

// AppendHash implements Recipe.
func (m *members) AppendHash(b []byte) []byte {
	return binary.AppendUvarint(append(b, byte(flag(m.reading))), uint64(m.next))
}
