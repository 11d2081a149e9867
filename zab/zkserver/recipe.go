package zkserver

import (
	"time"

	"schism/sim"
	"schism/sim/recipe"
	"schism/zab/zkapi"
)

type (
	// Recipe is what a client plays instead of a list of operations.
	Recipe = recipe.Recipe[zkapi.Op, zkapi.Output]
	// Move is one step of a recipe.
	Move = recipe.Move[zkapi.Op]
	// Ended is how a step ended.
	Ended = recipe.Ended[zkapi.Output]
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

// open returns the open operation, nil if it is none of the service.
func (c *Client) open() *zkapi.Op {
	if c.player.Plays() {
		return c.player.Op()
	}
	return &c.cfg.Ops[c.next].In
}

// input returns the open operation as the history has it.
func (c *Client) input() any {
	if c.player.Plays() {
		return c.player.Input()
	}
	return c.open()
}

// write sends the open write, if it is one, to its resource.
func (c *Client) write(out *sim.Effects) {
	if c.player.Writes() {
		c.doubtful = true
		c.player.Write(out)
	}
}

// wrote ends the open write with the answer of the resource.
func (c *Client) wrote(m *recipe.Wrote, out *sim.Effects) {
	if c.phase == asking && c.player.Answered(m) {
		c.end(m, sim.OK, out)
	}
}
