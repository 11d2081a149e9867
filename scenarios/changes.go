package scenarios

import (
	"strings"

	"schism/raft/kvapi"
	"schism/sim"
)

// The marks that [changes] adds.
const (
	// MarkChangeCut: a leader that had a change of the membership under way did not reach a member, or was not reached.
	MarkChangeCut = "change-met-cut"
	// MarkChangeCrash: a member crashed while a change of the membership was under way.
	MarkChangeCrash = "change-met-crash"
	// MarkPromotedCut: a learner got its vote while the leader did not reach it, or was not reached.
	MarkPromotedCut = "promoted-while-cut"
)

// changes is an observer that marks what changes of the membership meet. A change is under way from its proposal until
// it is in force; one that another leader takes over does not count any more.
type changes struct {
	tale *chronicle
	// proposed and done are the marks of a change that has begun, and of one that is in force.
	proposed, done string
	// by is the leader that has a change under way, 0 if there is none.
	by sim.NodeID
	// promoted is the learner whose promotion was proposed last.
	promoted sim.NodeID
}

// reset makes c ready for another run.
func (c *changes) reset() { c.by, c.promoted = 0, 0 }

// Observe implements [sim.Observer].
func (c *changes) Observe(v sim.View, s *sim.StepInfo) error {
	switch {
	case s.Event.Kind == sim.Faulted:
		c.meet(v, s)
	case s.Node == 0 || s.Node.IsClient():
	case s.Event.Kind == sim.Crashed:
		if c.by != 0 && c.tale.membership().Members()>>(s.Node.Number()-1)&1 != 0 {
			c.tale.mark(s, MarkChangeCrash)
		}
	default:
		for i := range s.Effects {
			if f := &s.Effects[i]; f.Kind == sim.EffectMark {
				c.pass(v, s, f.Name)
			}
		}
	}
	return nil
}

// pass handles that a server passes a mark.
func (c *changes) pass(v sim.View, s *sim.StepInfo, mark string) {
	switch mark {
	case c.proposed:
		c.by = s.Node
		c.meet(v, s)
	case "learner-promoted":
		if apart(v, s.Node, c.promoted) {
			c.tale.mark(s, MarkPromotedCut)
		}
	case "leader-elected", c.done:
		c.by = 0
	}
	if name, ok := strings.CutPrefix(mark, kvapi.MemberPromote.String()+"-"); ok {
		c.promoted, _ = sim.ParseNodeID(name)
	}
}

// meet marks that the leader with a change under way and a member are apart, if they are.
func (c *changes) meet(v sim.View, s *sim.StepInfo) {
	if c.by == 0 {
		return
	}
	members := c.tale.membership().Members()
	for i, n := range v.Servers() {
		if members>>i&1 != 0 && apart(v, c.by, n) {
			c.tale.mark(s, MarkChangeCut)
		}
	}
}

// apart reports whether one of two nodes does not reach the other.
func apart(v sim.View, a, b sim.NodeID) bool { return v.IsCut(a, b) || v.IsCut(b, a) }
