package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
)

// The marks that chronicles add to those of the machines.
const (
	// MarkTwoLeaders: two running servers believe at once that they lead, in different reigns.
	MarkTwoLeaders = "two-leaders"
	// MarkMinorityRefused: a server that is cut off from every quorum refused a write.
	MarkMinorityRefused = "minority-refused"
	// MarkMajorityAcked: while some servers were cut off, one that was not acknowledged a write.
	MarkMajorityAcked = "majority-acked"
)

// Moment is something worth telling of a run.
type Moment struct {
	At   sim.Time
	Node sim.NodeID
	Text string
}

// reply is what a server's answer to a client says about a write.
type reply uint8

const (
	replyNone    reply = iota // not an answer about a write
	replyAcked                // the write is done
	replyRefused              // this server did not do it
)

// side tells the servers that reach a quorum, while some are cut off, from those that do not.
type side uint8

const (
	majority side = iota
	minority
)

// toldPerCut is how many answers of one kind a story tells between two faults; others are only counted.
const toldPerCut = 2

// chronicle is an observer that notes who leads, what breaks, and what becomes of writes meanwhile. It keeps
// words only if it is telling.
type chronicle struct {
	// replyOf recognises the answers of the service, marks has words for marks that are worth telling, and
	// reign is what the protocol calls a reign.
	replyOf func(m sim.Message) reply
	marks   map[string]string
	reign   string
	// membership is that by which the sides of cuts are told apart; nil is one of all servers.
	membership func() checker.Membership

	telling bool
	servers int
	reigns  []sim.Reign // by server, from 0
	leads   []bool
	moments []Moment
	reached []sim.Reached
	// cuts says that some server was cut off when the last fault was applied.
	cuts bool
	// acked and refused count the answers about writes by side, while there are cuts; told counts those told
	// since the last fault, by side and kind.
	acked, refused [2]int
	told           [2][3]int
	gaveUp         int
}

// reset forgets everything, for a run with so many servers.
func (c *chronicle) reset(servers int) {
	*c = chronicle{replyOf: c.replyOf, marks: c.marks, reign: c.reign,
		membership: c.membership, servers: servers,
		reigns:  append(c.reigns[:0], make([]sim.Reign, servers)...),
		leads:   append(c.leads[:0], make([]bool, servers)...),
		moments: c.moments[:0], reached: c.reached[:0]}
}

// Observe implements [sim.Observer].
func (c *chronicle) Observe(v sim.View, s *sim.StepInfo) error {
	switch {
	case s.Event.Kind == sim.Faulted:
		c.cuts = c.anyCut(v)
		c.tell(s, "%s%s", s.Action, c.sides(v))
		c.told, c.gaveUp = [2][3]int{}, 0
	case s.Node == 0:
	case s.Node.IsClient():
		if c.cuts && c.telling {
			c.watchClient(s)
		}
	case s.Event.Kind == sim.Crashed:
		c.leads[s.Node.Number()-1] = false
	case len(s.Effects) == 0: // whoever begins or ceases to lead says so
	default:
		c.watchLeader(s)
		if c.cuts {
			c.watchReplies(v, s)
		}
		if c.telling {
			c.watchMarks(s)
		}
	}
	return nil
}

// tell keeps a moment, if anybody wants to know.
func (c *chronicle) tell(s *sim.StepInfo, format string, args ...any) {
	if c.telling {
		c.moments = append(c.moments, Moment{At: s.At, Node: s.Node, Text: fmt.Sprintf(format, args...)})
	}
}

// mark notes the first passing of a mark.
func (c *chronicle) mark(s *sim.StepInfo, name string) {
	for i := range c.reached {
		if c.reached[i].Mark == name {
			return
		}
	}
	c.reached = append(c.reached, sim.Reached{Mark: name, Node: s.Node, At: s.At, Seq: s.Seq})
}

// watchLeader notices when a server begins or ceases to lead.
func (c *chronicle) watchLeader(s *sim.StepInfo) {
	l, ok := s.Machine.(sim.Leader)
	if !ok {
		return
	}
	i := s.Node.Number() - 1
	reign, leads := l.Reign()
	if leads == c.leads[i] && (!leads || reign == c.reigns[i]) {
		return
	}
	if !leads {
		c.leads[i] = false
		c.tell(s, "%s no longer leads %s %d", s.Node, c.reign, c.reigns[i])
		return
	}
	c.leads[i], c.reigns[i] = true, reign
	beside := ""
	for j, other := range c.leads {
		if !other || j == i || c.reigns[j] == reign {
			continue
		}
		c.mark(s, MarkTwoLeaders)
		if c.telling {
			beside += fmt.Sprintf(", while %s still believes that it leads %s %d",
				sim.Server(j+1), c.reign, c.reigns[j])
		}
	}
	c.tell(s, "%s leads %s %d%s", s.Node, c.reign, reign, beside)
}

// watchReplies notices what a server says about writes while there are cuts.
func (c *chronicle) watchReplies(v sim.View, s *sim.StepInfo) {
	for i := range s.Effects {
		f := &s.Effects[i]
		if f.Msg == nil || f.Kind != sim.EffectSendOn && !f.To.IsClient() {
			continue
		}
		said := c.replyOf(f.Msg)
		if said == replyNone {
			continue
		}
		reach, side := c.reach(v, s.Node)
		on := c.sideOf(reach, side)
		verb := "acknowledges"
		if said == replyAcked {
			c.acked[on]++
		} else {
			verb = "refuses"
			c.refused[on]++
		}
		switch {
		case said == replyAcked && on == majority:
			c.mark(s, MarkMajorityAcked)
		case said == replyRefused && on == minority:
			c.mark(s, MarkMinorityRefused)
		}
		if c.told[on][said]++; c.told[on][said] <= toldPerCut {
			whose := ""
			if f.To != 0 { // a channel does not say whose it is
				whose = " of " + f.To.String()
			}
			c.tell(s, "%s, which reaches %d of %d servers, %s a write%s: %s", s.Node, reach, c.servers, verb,
				whose, f.Msg)
		}
	}
}

// watchClient notices operations that a client gives up while there are cuts.
func (c *chronicle) watchClient(s *sim.StepInfo) {
	for i := range s.Effects {
		f := &s.Effects[i]
		if f.Kind == sim.EffectReturn && f.Outcome == sim.Unknown {
			if c.gaveUp++; c.gaveUp <= toldPerCut {
				c.tell(s, "%s gives up an operation: nobody knows whether it will be done", s.Node)
			}
		}
	}
}

// watchMarks tells of the marks that are worth it.
func (c *chronicle) watchMarks(s *sim.StepInfo) {
	for i := range s.Effects {
		f := &s.Effects[i]
		if f.Kind != sim.EffectMark {
			continue
		}
		if words, ok := c.marks[f.Name]; ok {
			c.tell(s, "%s %s", s.Node, words)
		}
	}
}

// reach returns the servers with which n can talk in both directions, itself included, and their number.
func (c *chronicle) reach(v sim.View, n sim.NodeID) (count int, set checker.ServerSet) {
	for i, m := range v.Servers() {
		if !v.IsCut(n, m) && !v.IsCut(m, n) {
			count, set = count+1, set|1<<i
		}
	}
	return count, set
}

// sideOf returns the side of a server that reaches so many servers, those in set.
func (c *chronicle) sideOf(count int, set checker.ServerSet) side {
	enough := count > c.servers/2
	if c.membership != nil {
		enough = c.membership().Quorum(set)
	}
	if enough {
		return majority
	}
	return minority
}

// sides names the groups of servers between which nothing passes, ": {n1 n2} | {n3}"; "" if there is only one or
// nobody wants to know.
func (c *chronicle) sides(v sim.View) string {
	if !c.telling || !c.cuts {
		return ""
	}
	var groups []string
	seen := map[sim.NodeID]bool{}
	for _, n := range v.Servers() {
		if seen[n] {
			continue
		}
		seen[n] = true
		group := []sim.NodeID{n}
		for i := 0; i < len(group); i++ {
			for _, m := range v.Servers() {
				if !seen[m] && (!v.IsCut(group[i], m) || !v.IsCut(m, group[i])) {
					seen[m] = true
					group = append(group, m)
				}
			}
		}
		slices.Sort(group)
		groups = append(groups, strings.Trim(fmt.Sprint(group), "[]"))
	}
	if len(groups) == 1 {
		return ""
	}
	return ": {" + strings.Join(groups, "} | {") + "}"
}

func (c *chronicle) anyCut(v sim.View) bool {
	for _, n := range v.Servers() {
		if count, _ := c.reach(v, n); count < c.servers {
			return true
		}
	}
	return false
}
