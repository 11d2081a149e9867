package simtest

import "flag"

// RunCheck runs the check of that name alone.
func RunCheck(t T, name string, make Make) {
	for _, c := range checks {
		if c.name == name {
			c.run(t, make)
			return
		}
	}
	t.Fatalf("no check is called %s", name)
}

// CheckNames returns the names of all checks.
func CheckNames() []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// NotCloners says which machine cannot be cloned.
var NotCloners = notCloners

// SetUpdate sets the flag -update.
func SetUpdate(to string) { _ = flag.Set(updateFlag, to) }
