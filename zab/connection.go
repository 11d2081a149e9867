package zab

import "schism/sim"

// link is this server's end of the channel to another one for elections (QuorumCnxManager). There is one channel for
// each pair of servers: the one that the greater of the two has dialed.
type link struct {
	channel sim.ChanID
	dialing bool
	// queued is what is to be sent next: the queue has room for one, a newer notification takes the place of an older
	// one. last is what was sent last; a new channel that has nothing to carry carries it again.
	queued, last *Notification
}

// notify queues n for a server.
func (p *Peer) notify(slot Slot, n *Notification, out *sim.Effects) {
	l := &p.links[slot]
	l.queued = n
	if l.channel == 0 {
		p.connect(slot, out)
		return
	}
	out.Run(electionSender)
}

// connect dials a server unless there is a channel to it, or soon will be.
func (p *Peer) connect(slot Slot, out *sim.Effects) {
	if l := &p.links[slot]; l.channel == 0 && !l.dialing {
		l.dialing = true
		out.Dial(p.Servers[slot], dialElection)
	}
}

// linkOpened handles a channel that this server has dialed. If the other one is greater it will close it and dial
// back.
func (p *Peer) linkOpened(to sim.NodeID, c sim.ChanID, out *sim.Effects) {
	slot, _ := p.slot(to)
	p.links[slot].dialing = false
	out.SendOn(c, &Hello{})
	if p.ID() > to {
		p.useLink(slot, c, out)
	}
}

// handleHello handles a channel that another server has dialed: a greater one's is used from now on; to a smaller
// one this server dials back (QuorumCnxManager.receiveConnection).
func (p *Peer) handleHello(slot Slot, c sim.ChanID, out *sim.Effects) {
	l := &p.links[slot]
	if l.channel != 0 && l.channel != c {
		out.Close(l.channel)
		l.channel = 0
	}
	if p.Servers[slot] > p.ID() {
		p.useLink(slot, c, out)
		return
	}
	out.Close(c)
	p.connect(slot, out)
}

// useLink makes c the channel for elections and sends what is queued, or else what was sent last.
func (p *Peer) useLink(slot Slot, c sim.ChanID, out *sim.Effects) {
	l := &p.links[slot]
	if l.channel != 0 && l.channel != c {
		out.Close(l.channel)
	}
	l.channel = c
	if l.queued == nil {
		l.queued = l.last
	}
	if l.queued != nil {
		out.Run(electionSender)
	}
}

// sendQueued sends what is queued on all channels for elections (SendWorker).
func (p *Peer) sendQueued(out *sim.Effects) {
	for i := range p.links {
		if l := &p.links[i]; l.channel != 0 && l.queued != nil {
			out.SendOn(l.channel, l.queued)
			l.last, l.queued = l.queued, nil
		}
	}
}
