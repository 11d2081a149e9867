package kvserver

import (
	"time"

	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/recipe"
)

type (
	// Recipe is what a client plays instead of a list of operations.
	Recipe = recipe.Recipe[kvapi.Op, kvapi.Output]
	// Move is one step of a recipe.
	Move = recipe.Move[kvapi.Op]
	// Ended is how a step ended.
	Ended = recipe.Ended[kvapi.Output]
)

// more reports whether the client has something left to do, and asks its recipe. last is the output of what it did
// before.
func (c *Client) more(last any) bool {
	if !c.player.Plays() {
		return c.next < len(c.cfg.Ops)
	}
	return c.player.Next(last)
}

// pause returns the time before the next operation.
func (c *Client) pause() time.Duration {
	if c.player.Plays() {
		return c.player.Think()
	}
	return c.cfg.Ops[c.next].Think
}

// write begins to write to a resource, which is asked once: it may have done what it does not answer.
func (c *Client) write(out *sim.Effects) {
	out.Invoke(c.player.Input())
	out.SetTimer(timerTimeout, c.cfg.Timeout, c.cfg.Timeout)
	c.phase = writing
	c.player.Write(out)
}

// wrote ends the open write with the answer of the resource.
func (c *Client) wrote(m *recipe.Wrote, out *sim.Effects) {
	if c.phase == writing && c.player.Answered(m) {
		c.end(m, sim.OK, out)
	}
}
