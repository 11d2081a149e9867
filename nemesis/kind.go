package nemesis

// Kind is a kind of fault that a swarm switches on or off.
type Kind uint8

// The kinds of fault. Those of one group share a lane; see [Swarm].
const (
	// KindHalves splits the servers ⌊n/2⌋|⌈n/2⌉, with any membership: 2|3.
	KindHalves Kind = iota
	// KindLeaderSide splits the leader, with so many others that it has a quorum or not, from the rest.
	KindLeaderSide
	// KindGroups splits the servers into two or more groups of any sizes: 2|2|1.
	KindGroups
	// KindIsolate leaves one server alone.
	KindIsolate
	// KindIsolateLeader leaves the leader alone.
	KindIsolateLeader
	// KindOneWay lets the leader or some servers send but not hear, or hear but not send.
	KindOneWay
	// KindBridge keeps two halves apart but for one server that sees all.
	KindBridge
	// KindRing lets each server see a majority, no two the same.
	KindRing
	// KindFlapping lets two majorities that share one server take turns.
	KindFlapping

	// KindClients cuts clients off from some servers, or from the leader only.
	KindClients

	// KindCrash crashes and restarts processes: one, the leader, or several.
	KindCrash
	// KindPowerLoss does so with a loss of power, which un-synced writes may not survive.
	KindPowerLoss
	// KindCrashAll crashes all servers at once, with a loss of power or without.
	KindCrashAll
	// KindRolling crashes and restarts one server after the other.
	KindRolling

	// KindPause freezes processes and lets them go on.
	KindPause

	// KindLoss loses 1-30 % of the messages.
	KindLoss
	// KindDuplicate duplicates 1-50 % of the messages, up to three minutes later.
	KindDuplicate
	// KindDelay makes messages take up to 1 s.
	KindDelay
	// KindTail makes a few messages take up to 10 s.
	KindTail
	// KindReorder holds 1-30 % of the messages back.
	KindReorder
	// KindQueue bounds the messages in flight on each link to 1-16.
	KindQueue

	// KindClog delays everything on some links, then delivers it in a burst.
	KindClog
	// KindSwizzle clogs some of the servers one by one and unclogs them in another order.
	KindSwizzle
	// KindHold holds what arrives on some links until it is released.
	KindHold

	// KindRules drops, delays or duplicates messages of one kind.
	KindRules

	// KindResetChannels resets the channels of some nodes.
	KindResetChannels
	// KindBlackhole makes channels swallow everything without closing, then resets them.
	KindBlackhole

	// KindSlowTasks makes tasks inside servers wait up to 500 ms.
	KindSlowTasks

	// KindSlowSync makes syncs take up to 1 s.
	KindSlowSync
	// KindSyncError makes 1-20 % of the syncs fail. A server that stops because of that is restarted.
	KindSyncError
	// KindWriteError makes 1-10 % of the writes fail. A server that stops because of that is restarted.
	KindWriteError

	// KindDrift lets clocks run fast or slow, within the bound of the configuration.
	KindDrift
	// KindJump makes wall clocks jump, and jump back.
	KindJump
	// KindSlew moves wall clocks gradually, and back.
	KindSlew
	// KindFreeze makes the clocks of some servers stand still.
	KindFreeze

	// KindMarkCrash crashes the leader soon after the mark of the configuration.
	KindMarkCrash
	// KindMarkIsolate isolates it.
	KindMarkIsolate
	// KindMarkPause pauses it.
	KindMarkPause

	// KindWipe restarts a server with an empty disk. Not survivable, as are the kinds that follow.
	KindWipe
	// KindRot flips 1-16 bits on disks, restarts the server so that it reads them, and again when they are right.
	KindRot
	// KindLyingSync makes syncs succeed without doing anything, and then the power fails.
	KindLyingSync
	// KindBreakSectors makes 1-8 sectors unreadable in the same way. A server that does not start with what it cannot
	// read survives that.
	KindBreakSectors

	// KindPrimaries leaves every server alone that claims to lead. It is survivable again, as are the kinds that
	// follow.
	KindPrimaries
	// KindVotesOnly loses the messages that replicate, on some links: who is there can vote, and gets nothing.
	KindVotesOnly
	// KindLag makes messages take longer than a lease lasts.
	KindLag
	// KindBandwidth lets links carry 20 to 1000 messages a second.
	KindBandwidth
	// KindHalfOpen makes one side of channels forget them.
	KindHalfOpen
	// KindCoarse makes wall clocks go in steps of 1, 16 or 100 ms.
	KindCoarse
	// KindDrag makes every step of a server take up to 50 ms.
	KindDrag
	// KindMidway crashes a server in the middle of a step that writes, with a loss of power or without.
	KindMidway
	// KindProvoke makes servers do something at once, again and again: a storm of TimeoutNow.
	KindProvoke
	// KindStateCrash lets the power of a server fail when it is in a state of SwarmConfig.States.
	KindStateCrash
	// KindStateIsolate isolates it.
	KindStateIsolate
	// KindStatePause pauses it.
	KindStatePause

	// KindExponential makes messages take 30-100 ms on average, most less and a few far more.
	KindExponential

	// KindWildDrift lets clocks run much faster or slower than most systems allow for, as WildPPM says. It is not
	// survivable for those that rely on clocks.
	KindWildDrift
	// KindMisdirect lets 1-4 sectors go where others should be. Not survivable.
	KindMisdirect
	// KindLyingNames makes syncs leave names behind, and then the power fails. Not survivable.
	KindLyingNames

	kinds
)

var kindNames = [kinds]string{"halves", "leader-side", "groups", "isolate", "isolate-leader", "one-way", "bridge",
	"ring", "flapping", "clients", "crash", "power-loss", "crash-all", "rolling", "pause", "loss", "duplicate",
	"delay", "tail", "reorder", "queue", "clog", "swizzle", "hold", "rules", "reset-channels", "blackhole",
	"slow-tasks", "slow-sync", "sync-error", "write-error", "drift", "jump", "slew", "freeze", "mark-crash",
	"mark-isolate", "mark-pause", "wipe", "rot", "lying-sync", "break-sectors", "primaries", "votes-only", "lag",
	"bandwidth", "half-open", "coarse", "drag", "midway", "provoke",
	"state-crash", "state-isolate", "state-pause", "exponential", "wild-drift", "misdirect", "lying-names"}

// String returns the kind's name, "power-loss".
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "Kind(?)"
}

// Survivable returns the kinds that a quorum protocol must survive, whatever comes together: it may stop, but it
// may not go wrong. The others make a server break promises that it has made, or clocks worse than they may be, so a
// scenario that asks for them says what still holds with how many such servers; see SwarmConfig.Victims.
func Survivable() []Kind {
	all := Common()
	for k := KindPrimaries; k < KindWildDrift; k++ {
		all = append(all, k)
	}
	return all
}

// Common returns those of Survivable that have something to break in any system.
func Common() []Kind {
	var all []Kind
	for k := range KindWipe {
		all = append(all, k)
	}
	return all
}
