// Package rules is how sets of decisions are made complete. A package that can be given bugs has a struct of functions,
// one for each of its decisions, of which a test replaces some:
//
//	type Rules struct {
//		// MayVote reports whether …
//		MayVote func(voter bool) bool
//	}
//
//	decisions := rules.Complete(config.Rules, right)
package rules

import "reflect"

// Complete returns the right rules with those fields of given in their place that are not nil; given may be nil. T is a
// struct of functions, all exported; Complete panics if it is not.
func Complete[T any](given *T, right T) T {
	if given == nil {
		return right
	}
	from, into := reflect.ValueOf(given).Elem(), reflect.ValueOf(&right).Elem()
	for i := range into.NumField() {
		if f := from.Field(i); !f.IsNil() {
			into.Field(i).Set(f)
		}
	}
	return right
}
