package scenarios

import (
	"fmt"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// raftJournal is an observer that keeps what the servers commit, in order and each request once, and what the clients
// are told of their watches.
type raftJournal struct {
	log *kvspec.Log
	// read is the last entry in it, term the highest of all so far, since is when the first entry of that was read.
	read  raft.Index
	term  raft.Term
	since sim.Time
	// done are the last requests of the clients without a session, inSession those of the sessions.
	done      map[sim.NodeID]kvapi.Seq
	inSession map[kvapi.Session]kvapi.Seq
	told      []kvspec.Told
	// blind says why it does not know what was committed, "" if it does.
	blind string
}

// reset makes j ready for another run.
func (j *raftJournal) reset() {
	*j = raftJournal{log: kvspec.NewLog(), told: j.told[:0],
		done: map[sim.NodeID]kvapi.Seq{}, inSession: map[kvapi.Session]kvapi.Seq{}}
}

// Observe implements [sim.Observer].
func (j *raftJournal) Observe(v sim.View, s *sim.StepInfo) error {
	if m, ok := s.Event.Msg.(*kvapi.WatchResponse); ok && s.Node.IsClient() && s.Event.Kind == sim.Receive {
		j.told = append(j.told, kvspec.Told{Client: s.Node, Seq: s.Seq, At: s.At, Response: m})
	}
	if s.Node == 0 || s.Node.IsClient() {
		return nil
	}
	host, ok := v.Machine(s.Node).(raft.Host)
	if !ok {
		return nil
	}
	for n := host.Raft(); j.read < n.CommitIndex() && j.blind == ""; {
		e, ok := n.Log().Entry(j.read + 1)
		if !ok {
			j.blind = fmt.Sprintf("%s has committed entry %d and does not have it", s.Node, j.read+1)
			break
		}
		if j.read++; e.Term > j.term {
			j.term, j.since = e.Term, s.At
		}
		j.add(&e, s.At)
	}
	return nil
}

// add adds an entry that was committed at the time at.
func (j *raftJournal) add(e *raft.Entry, at sim.Time) {
	if e.Type != raft.EntryNormal {
		if n, ok := kvserver.NameOf(e); ok {
			j.done[n.Client] = max(j.done[n.Client], n.Seq)
		}
		return
	}
	c, err := kvserver.DecodeCommand(e.Data)
	switch {
	case err != nil:
		j.blind = err.Error()
	case c.Op.Kind == kvapi.OpenSession:
		j.inSession[kvapi.Session(e.Index)] = 0
		if len(j.inSession) > maxSessions {
			j.blind = "there are so many sessions that some are forgotten"
		}
	case c.Session != 0:
		if last, known := j.inSession[c.Session]; known && c.Seq > last {
			j.inSession[c.Session] = c.Seq
			j.log.Add(&c.Op, at)
		}
	case c.Client == 0 || c.Seq > j.done[c.Client]:
		j.done[c.Client] = c.Seq
		j.log.Add(&c.Op, at)
	}
}

// maxSessions is how many sessions the servers of all scenarios over Raft remember.
const maxSessions = 64

// owes reports whether a client has yet to be told something of its watches.
func (j *raftJournal) owes(v sim.View) bool {
	owed := false
	for _, id := range v.Clients() {
		c, ok := v.Machine(id).(*kvserver.Client)
		if !ok {
			continue // a resource, which watches nothing
		}
		c.Subscriptions(func(op *kvapi.Op, next kvapi.Revision) {
			owed = owed || next == 0 || j.log.Owes(op, next)
		})
	}
	return owed
}

// judge judges leases by what was committed and, if anything was watched, what was told of that.
func (j *raftJournal) judge(history []sim.Op, drift checker.PPM, watched bool) []checker.Report {
	if j.blind != "" {
		return []checker.Report{{Check: kvspec.WatchComplete, Reason: j.blind, Blocked: -1}}
	}
	list := kvspec.JudgeLeases(history, j.log, drift)
	if watched {
		list = append(list, summed(kvspec.JudgeWatches(j.log, history, j.told, j.log.Revision()), len(j.told))...)
	}
	return list
}

// summed returns one report for all guarantees of watches if nothing is wrong with any in so many responses.
func summed(reports []checker.Report, responses int) []checker.Report {
	met := 0
	for i := range reports {
		if reports[i].Verdict != checker.Valid {
			return reports
		}
		met += min(reports[i].Effort.Operations, 1)
	}
	one := checker.Passed("watches", 0)
	one.Examined(responses, fmt.Sprintf("responses, and none of the %d guarantees that they bear on is broken", met))
	return []checker.Report{one}
}
