package sim

// Switch answers as one chooser does until it is told to answer as another one.
type Switch struct{ Chooser }

// NewSwitch returns a chooser that answers as first does.
func NewSwitch(first Chooser) *Switch { return &Switch{first} }

// To lets next answer from now on.
func (s *Switch) To(next Chooser) { s.Chooser = next }
