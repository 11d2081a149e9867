package zab

import "schism/sim"

// mail is the memory of messages that are sent often. It is no part of the state: a clone has one of its own.
type mail struct {
	forwards  sim.Slab[Forward]
	proposals sim.Slab[Propose]
	acks      sim.Slab[Ack]
	commits   sim.Slab[Commit]
	pings     sim.Slab[Ping]
}

// bare is a ping, or an answer, that carries nothing.
var bare = &Ping{}

// answerPing shows the leader that this learner lives (Learner.ping).
func (p *Peer) answerPing(out *sim.Effects) {
	m := bare
	if p.carried != nil {
		m = p.mail.pings.Take()
		m.Body = p.carried
	}
	out.SendOn(p.learn.channel, m)
}

// Carry makes body part of the answer to the message that the next Step is about, which is a ping of the leader.
func (p *Peer) Carry(body sim.Message) { p.carried = body }
