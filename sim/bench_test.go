package sim

import (
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkQueue measures one schedule and one pop at 64 pending events. design: floor 60 ns, aim 45 ns.
func BenchmarkQueue(b *testing.B) {
	var q queue
	r := rand.New(rand.NewPCG(1, 2))
	delays := make([]Time, 1024)
	for i := range delays {
		delays[i] = Time(r.Int64N(int64(10 * time.Millisecond)))
	}
	for i := range 64 {
		q.push(delays[i], q.store(&pending{kind: pendDatagram}))
	}
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		now := q.first()
		slot := q.pop()
		p := q.slab[slot]
		q.release(slot)
		q.push(now+delays[i&1023], q.store(&p))
	}
}

// ball is a message that is sent to and fro, one for all.
type ball struct{}

func (*ball) Kind() string         { return "Ball" }
func (*ball) Fold(d Digest) Digest { return d.Mix(1) }
func (*ball) String() string       { return "" }

// thrower keeps some balls in the air.
type thrower struct {
	id    NodeID
	peers int
	next  int
	ball  Message
}

func (p *thrower) Step(_ Time, ev Event, out *Effects) {
	if ev.Kind == Start {
		for range 12 {
			out.Send(p.target(), p.ball)
		}
		return
	}
	out.Send(p.target(), p.ball)
}

func (p *thrower) target() NodeID {
	p.next = (p.next + 1) % p.peers
	return Server(p.next + 1)
}

// BenchmarkMessageEvent measures the whole way of one message with a machine that does nothing: draws, cut
// check, digest, queue, dispatch, one effect. design: floor 100 ns, aim 60 ns.
func BenchmarkMessageEvent(b *testing.B) {
	for name, noDigest := range map[string]bool{"digest": false, "nodigest": true} {
		b.Run(name, func(b *testing.B) {
			w := NewWorld(Config{
				Servers:   5,
				NewServer: func(id NodeID) Machine { return &thrower{id: id, peers: 5, ball: &ball{}} },
				Chooser:   NewSeeded(1),
				Peers:     Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond},
				Limit:     MaxTime, NoDigest: noDigest, Checkpoint: 1 << 40,
			})
			w.advance(1000)
			b.ResetTimer()
			w.advance(1000 + uint64(b.N))
		})
	}
}

// BenchmarkSeeded measures one draw.
func BenchmarkSeeded(b *testing.B) {
	s := NewSeeded(1)
	for i := 0; i < b.N; i++ {
		s.Span(Key{DecideLatency, NodeID(i & 3), NodeID(i >> 2 & 3)}, 0, time.Millisecond)
	}
}
