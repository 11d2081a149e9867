package zkserver

import (
	"slices"
	"time"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// tracked is what the leader knows of a session (SessionTrackerImpl).
type tracked struct {
	id      zkapi.SessionID
	timeout zkapi.Millis
	// deadline is when it expires, on the leader's clock: at the end of a tick.
	deadline sim.Time
	// owner is the server that the client is connected to, 0 if nobody has asked yet.
	owner sim.NodeID
	// closing says that a transaction that closes it was proposed.
	closing bool
}

// find returns where the session id is, or where it belongs.
func (l *leading) find(id zkapi.SessionID) (int, bool) {
	return slices.BinarySearchFunc(l.sessions, id, func(t tracked, id zkapi.SessionID) int {
		switch {
		case t.id < id:
			return -1
		case t.id > id:
			return 1
		}
		return 0
	})
}

// tracked returns the session id, nil if there is none.
func (l *leading) tracked(id zkapi.SessionID) *tracked {
	if i, found := l.find(id); found {
		return &l.sessions[i]
	}
	return nil
}

// untrack forgets a session that is closed.
func (l *leading) untrack(id zkapi.SessionID) {
	if i, found := l.find(id); found {
		l.sessions = slices.Delete(l.sessions, i, i+1)
	}
}

// track begins to watch over a new session.
func (s *Server) track(t tracked, out *sim.Effects) {
	if i, found := s.lead.find(t.id); !found {
		s.lead.sessions = slices.Insert(s.lead.sessions, i, t)
		s.setAlarm(out)
	}
}

// deadline returns when a session expires whose client is heard from now: after its timeout, and then at the end of
// the tick.
func (s *Server) deadline(timeout zkapi.Millis) sim.Time {
	tick := sim.Time(s.policy.tick)
	return (s.now.Add(duration(timeout))/tick + 1) * tick
}

// extend gives a session its whole timeout again.
func (s *Server) extend(t *tracked) { t.deadline = max(t.deadline, s.deadline(t.timeout)) }

// setAlarm makes sure that timerExpiry runs out at the first deadline. A deadline that has been put off leaves it.
func (s *Server) setAlarm(out *sim.Effects) {
	first := sim.Never
	for i := range s.lead.sessions {
		if t := &s.lead.sessions[i]; !t.closing {
			first = min(first, t.deadline)
		}
	}
	if first == sim.Never || s.lead.alarm != 0 && s.lead.alarm <= first {
		return
	}
	s.lead.alarm = max(first, 1)
	d := max(first.Sub(s.now), time.Nanosecond)
	out.SetTimer(timerExpiry, d, d)
}

// expire closes the sessions whose deadline has passed.
func (s *Server) expire(out *sim.Effects) {
	s.lead.alarm = 0
	for i := range s.lead.sessions {
		t := &s.lead.sessions[i]
		if t.closing || t.deadline > s.now {
			continue
		}
		t.closing = true
		out.Mark("session-expired")
		op := &zkapi.Op{Kind: zkapi.CloseSession}
		s.propose(&ztree.Request{Session: t.id, Time: s.wall, Op: op}, out)
	}
	s.setAlarm(out)
}

// touch notes a sign of life of a session.
func (s *Server) touch(id zkapi.SessionID) {
	if s.leads() {
		if t := s.lead.tracked(id); t != nil {
			s.extend(t)
		}
		return
	}
	i, found := slices.BinarySearch(s.touched, id)
	if found {
		return
	}
	s.touched = slices.Insert(s.touched, i, id)
}

// reportTouched gives the signs of life to the peer, for its answer to the leader's ping (Learner.ping).
func (s *Server) reportTouched(ev *sim.Event) {
	if len(s.touched) == 0 || ev.Kind != sim.Receive || s.leads() {
		return
	}
	if _, ping := ev.Msg.(*zab.Ping); !ping {
		return
	}
	if s.report == nil || !slices.Equal(s.report.Sessions, s.touched) {
		s.report = &Touch{slices.Clone(s.touched)}
	}
	s.peer.Carry(s.report)
	s.touched = s.touched[:0]
}
