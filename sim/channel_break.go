package sim

// breakChannels resets every channel between a and b.
func (w *World) breakChannels(a, b NodeID) {
	for i := range w.channels {
		if c := &w.channels[i]; c.ends == [2]NodeID{a, b} || c.ends == [2]NodeID{b, a} {
			w.breakChannel(ChanID(i + 1))
		}
	}
}

// breakChannel resets a channel: what is in flight is lost, both ends are told.
func (w *World) breakChannel(id ChanID) {
	c := &w.channels[id-1]
	c.broken = true
	for end := range c.ends {
		st := &c.streams[end]
		clear(st.items)
		st.items, st.stalled = st.items[:0], false
		if c.open[end] || end == 0 && c.dialing {
			w.schedule(w.now, &pending{kind: pendBroken, aux: uint32(id), from: c.ends[1-end],
				dest: c.places[end], life: c.lives[end]})
		}
	}
}

// breakHoled resets the channels whose streams from one node to another have a hole.
func (w *World) breakHoled(from, to NodeID) {
	for i := range w.channels {
		c := &w.channels[i]
		for end := range c.ends {
			if c.ends[end] == from && c.ends[1-end] == to && c.streams[end].holed && !c.broken {
				w.breakChannel(ChanID(i + 1))
			}
		}
	}
}

// forgetChannels lets the node at forget its channels with another node, which believes in them until it sends
// something: then it is told that nobody is there.
func (w *World) forgetChannels(at, with NodeID) {
	for i := range w.channels {
		c := &w.channels[i]
		for end := range c.ends {
			if c.ends[end] == at && c.ends[1-end] == with && c.open[end] && !c.broken {
				w.schedule(w.now, &pending{kind: pendBroken, aux: uint32(i + 1), from: with,
					dest: c.places[end], life: c.lives[end]})
			}
		}
	}
}
