package sim

import "fmt"

// Fork makes into an independent copy of w: from equal choices both go on equally. It returns into, or a new
// world if into is nil. What was in into is gone, and its memory is used: machines of into must not be looked at
// any more. The copy asks chooser and is seen by observers, since those of w have a state of their own; for the
// same reason it has no Until. It is not traced. Every machine must be a [Cloner]: Fork panics if one is not. Fork
// must not be called during a step.
func (w *World) Fork(into *World, chooser Chooser, observers []Observer) *World {
	if into == nil {
		into = &World{}
	}
	into.cfg, into.chooser, into.maxEvents = w.cfg, chooser, w.maxEvents
	into.cfg.Chooser, into.cfg.Observers, into.cfg.Until, into.cfg.Trace = chooser, observers, nil, nil
	into.now, into.beyond, into.askUntil, into.processes = w.now, w.beyond, w.askUntil, w.processes
	w.queue.copyInto(&into.queue)
	into.instant = append(into.instant[:0], w.instant...)
	into.ids = append(into.ids[:0], w.ids...)
	into.rules = append(into.rules[:0], w.rules...)
	into.triggers = append(into.triggers[:0], w.triggers...)
	into.watches = append(into.watches[:0], w.watches...)
	into.storage.reads = append(into.storage.reads[:0], w.storage.reads...)
	into.storage.failures = append(into.storage.failures[:0], w.storage.failures...)
	into.info = StepInfo{Event: &into.event}
	into.out.Reset()
	into.out.tracing = false
	into.lastMsg, into.lastSum = nil, 0
	w.forkLinks(into)
	w.forkChannels(into)
	w.forkNodes(into)
	r := into.result
	into.result = w.result
	into.result.History = append(r.History[:0], w.result.History...)
	into.result.Reached = append(r.Reached[:0], w.result.Reached...)
	into.result.Applied = append(r.Applied[:0], w.result.Applied...)
	into.result.Checkpoints = append(r.Checkpoints[:0], w.result.Checkpoints...)
	return into
}

func (w *World) forkLinks(into *World) {
	for len(into.links) < len(w.links) {
		into.links = append(into.links, link{})
	}
	into.links = into.links[:len(w.links)]
	for i := range w.links {
		parked := append(into.links[i].parked[:0], w.links[i].parked...)
		into.links[i] = w.links[i]
		into.links[i].parked = parked
	}
}

func (w *World) forkChannels(into *World) {
	into.channels = append(into.channels[:0], w.channels...)
	for i := range into.channels {
		for end := range into.channels[i].streams {
			st := &into.channels[i].streams[end]
			st.items = append([]item(nil), st.items...)
		}
	}
}

func (w *World) forkNodes(into *World) {
	for len(into.nodes) < len(w.nodes) {
		into.nodes = append(into.nodes, process{})
	}
	into.nodes = into.nodes[:len(w.nodes)]
	for i := range w.nodes {
		w.nodes[i].forkInto(&into.nodes[i])
	}
}

func (n *process) forkInto(dst *process) {
	backlog, storage, disk, old := dst.backlog, dst.storage, dst.disk, dst.machine
	*dst = *n
	dst.backlog = append(backlog[:0], n.backlog...)
	dst.storage.outbox = append(storage.outbox[:0], n.storage.outbox...)
	dst.storage.waiting = append(storage.waiting[:0], n.storage.waiting...)
	dst.storage.running = append(storage.running[:0], n.storage.running...)
	dst.disk = disk
	n.disk.cloneInto(&dst.disk)
	if n.machine == nil {
		return
	}
	switch c := n.machine.(type) {
	case Recycler:
		dst.machine = c.CloneInto(old)
	case Cloner:
		dst.machine = c.Clone()
	default:
		panic(fmt.Sprintf("sim: Fork: the machine of %s, a %T, is not a Cloner", n.id, n.machine))
	}
}
