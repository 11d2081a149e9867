package nemesis

import (
	"cmp"
	"time"

	"schism/sim"
)

// CrashStormConfig says how [CrashStorm] crashes servers. All times are true time from the start of the run; they
// are best whole milliseconds.
type CrashStormConfig struct {
	// Start is when crashes may begin. Until is when everything is undone.
	Start, Until time.Duration
	// Margin is how long before Until the last server that was crashed at an instant is back; after
	// Until-Margin no mark crashes one either. Zero is 1 s.
	Margin time.Duration
	// DownMin and DownMax bound how long servers are down. Zero is 50 ms and 3 s.
	DownMin, DownMax time.Duration
	// UpMin and UpMax bound how long it is until the next crash. Zero is 100 ms and 3 s.
	UpMin, UpMax time.Duration
	// Loss is what every loss of power leaves of un-synced writes; zero is drawn anew for each.
	Loss sim.PowerLoss
	// Mark is what the leader is crashed after; "" is "leader-elected".
	Mark string
}

// CrashStorm is the plan of many crashes, one after the other. Each is, with equal chances, of nothing, of one
// server, of the leader, of several servers at once, of all at once, or of all one after the other; half of them are
// losses of power. Apart from that the leader may be crashed up to 200 ms after the first passings of Mark. The
// last entry is always "recover" at Until.
func CrashStorm(config CrashStormConfig) Plan {
	config.Margin = cmp.Or(config.Margin, time.Second)
	config.DownMin = cmp.Or(config.DownMin, 50*time.Millisecond)
	config.DownMax = max(config.DownMin, cmp.Or(config.DownMax, 3*time.Second))
	config.UpMin = cmp.Or(config.UpMin, minRest)
	config.UpMax = max(config.UpMin, cmp.Or(config.UpMax, 3*time.Second))
	config.Mark = cmp.Or(config.Mark, leaderElected)
	return func(c sim.Chooser, servers, _ []sim.NodeID) Schedule {
		s := &storm{CrashStormConfig: config, servers: servers}
		if len(servers) > 0 {
			p := pace{config.Start, config.Until - config.Margin, config.DownMin, config.DownMax,
				config.UpMin, config.UpMax}
			p.turns(aspectOf(c, aspectStorm, 0), s.crash)
			s.awaitMarks(aspectOf(c, aspectStormMarks, 0))
		}
		s.schedule.Sort()
		return append(s.schedule, upon(config.Until, Recover{}))
	}
}

// storm is one schedule of crashes being drawn.
type storm struct {
	CrashStormConfig
	servers  []sim.NodeID
	schedule Schedule
}

// crash draws one crash, or none.
func (s *storm) crash(t turn) {
	c := Crash{}
	switch t.index(6) {
	case 0:
		return
	case 1:
		c.Target = t.one(s.servers)
	case 2:
		c.Target = Leader
	case 3:
		c.Target = Nodes(t.some(s.servers, 1, len(s.servers))...)
	case 4:
		c.Target = All
	case 5:
		s.schedule = append(s.schedule, rolling(t.shuffled(s.servers), s.loss(t.draw), t.at, t.until)...)
		return
	}
	c.Loss = s.loss(t.draw)
	s.schedule = append(s.schedule, upon(t.at, c), upon(t.until, Restart{broad(c.Target)}))
}

// loss draws what a crash leaves of un-synced writes.
func (s *storm) loss(d draw) sim.PowerLoss {
	switch {
	case !d.coin():
		return sim.PowerLoss{}
	case s.Loss != sim.PowerLoss{}:
		return s.Loss
	}
	return d.powerLoss()
}

// awaitMarks draws crashes of the leader soon after the mark.
func (s *storm) awaitMarks(d draw) {
	for nth := 1; nth <= marksAwaited; nth++ {
		if !d.coin() {
			continue
		}
		wait := d.span(0, soonAfter)
		crash := Before{s.Until - s.Margin, Crash{Leader, s.loss(d)}}
		s.schedule = append(s.schedule, uponMark(s.Mark, nth, wait, crash),
			uponMark(s.Mark, nth, wait+d.span(s.DownMin, s.DownMax), Restart{All}))
	}
}

// rolling crashes and restarts the nodes one after the other, each down for half of its share of the time.
func rolling(nodes []sim.NodeID, loss sim.PowerLoss, at, until time.Duration) Schedule {
	var s Schedule
	share := (until - at) / time.Duration(len(nodes))
	for i, n := range nodes {
		begin := at + (time.Duration(i) * share).Truncate(time.Millisecond)
		up := begin + max(time.Millisecond, (share/2).Truncate(time.Millisecond))
		s = append(s, upon(begin, Crash{Nodes(n), loss}), upon(up, Restart{Nodes(n)}))
	}
	return s
}
