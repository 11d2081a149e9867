package recipe

import "encoding/binary"

// AtMost returns r as far as its first n moves.
func AtMost[Op, Out any](r Recipe[Op, Out], n int) Recipe[Op, Out] {
	return &limited[Op, Out]{r, n}
}

// limited is a recipe of which left moves are to come at most.
type limited[Op, Out any] struct {
	recipe Recipe[Op, Out]
	left   int
}

// Next implements [Recipe].
func (l *limited[Op, Out]) Next(last Ended[Out]) (Move[Op], bool) {
	if l.left == 0 {
		return Move[Op]{}, false
	}
	l.left--
	return l.recipe.Next(last)
}

// Clone implements [Recipe].
func (l *limited[Op, Out]) Clone() Recipe[Op, Out] { return AtMost(l.recipe.Clone(), l.left) }

// AppendHash implements [Recipe].
func (l *limited[Op, Out]) AppendHash(b []byte) []byte {
	return l.recipe.AppendHash(binary.AppendUvarint(b, uint64(l.left)))
}
