package nemesis

import (
	"strconv"
	"time"

	"schism/sim"
)

// AddRule treats messages of one kind in a special way when they are sent: "drop AppendEntries from n1 for 200ms",
// "duplicate the next RequestVote". On a channel, what follows a delayed message waits for it, a message that is
// dropped resets the channel, and nothing is duplicated. If From or To means several nodes but not everyone, each link
// gets a rule of its own, with a Count of its own.
type AddRule struct {
	Action sim.RuleAction
	// MessageKind is one word: the kind as its protocol spells it, "*Response" for all kinds that end so, "" for every
	// kind.
	MessageKind string
	From, To    Target
	// Delay is how much later a delayed message or a duplicate arrives.
	Delay time.Duration
	// Share is the share of the matching messages that are treated; mind that zero is none.
	Share sim.Ratio
	// For is how long the rule is in force; zero is until it is cleared.
	For time.Duration
	// Count is how many messages the rule treats before it ends; zero is no bound.
	Count int
}

// Apply implements [Fault].
func (a AddRule) Apply(f sim.Faults) {
	r := sim.Rule{MessageKind: a.MessageKind, Action: a.Action, Share: a.Share, Delay: a.Delay, Count: a.Count}
	if a.For > 0 {
		r.Until = f.Now().Add(a.For)
	}
	to := ends(f, a.To)
	for _, r.From = range ends(f, a.From) {
		for _, r.To = range to {
			f.AddRule(r)
		}
	}
}

// ends returns the nodes that t means; everyone is one node that stands for any.
func ends(f sim.Faults, t Target) []sim.NodeID {
	if t.Role == RoleEveryone {
		return []sim.NodeID{0}
	}
	return t.resolve(f)
}

var ruleActions = [...]string{"", "drop", "delay", "duplicate"}

// String returns "rule delay AppendEntries by 50ms from n1 to * share 50% for 200ms count 1", without a share of
// 100% and what is zero, and with * for every kind.
func (a AddRule) String() string {
	text := "rule ?"
	if int(a.Action) < len(ruleActions) {
		text = "rule " + ruleActions[a.Action]
	}
	if a.MessageKind == "" {
		text += " *"
	} else {
		text += " " + a.MessageKind
	}
	if a.Delay != 0 {
		text += " by " + a.Delay.String()
	}
	text += " from " + a.From.String() + " to " + a.To.String()
	if a.Share != sim.Always {
		text += " share " + a.Share.String()
	}
	if a.For != 0 {
		text += " for " + a.For.String()
	}
	if a.Count != 0 {
		text += " count " + strconv.Itoa(a.Count)
	}
	return text
}

// ClearRules ends all rules.
type ClearRules struct{}

// Apply implements [Fault].
func (ClearRules) Apply(f sim.Faults) { f.ClearRules() }

// String returns "clear rules".
func (ClearRules) String() string { return "clear rules" }
