package nemesis

// diskFault reads the faults of disks; nil is another verb.
func diskFault(p *parser, verb string) Fault {
	switch verb {
	case "disk":
		return p.setDisk()
	case "rot":
		t := p.target()
		p.expect("bits")
		return Rot{t, p.number(maxDamage)}
	case "break":
		t := p.target()
		p.expect("sectors")
		return BreakSectors{t, p.number(maxDamage)}
	case "misdirect":
		t := p.target()
		p.expect("sectors")
		return Misdirect{t, p.number(maxDamage)}
	case "repair":
		return Repair{p.target()}
	}
	return nil
}

// clockFault reads the faults of clocks; nil is another verb.
func clockFault(p *parser, verb string) Fault {
	switch verb {
	case "jump":
		t := p.target()
		p.expect("by")
		return JumpWall{t, p.duration()}
	case "slew":
		s := SlewWall{Target: p.target()}
		p.expect("by")
		s.By = p.duration()
		p.expect("over")
		s.Over = p.length()
		return s
	case "coarsen":
		t := p.target()
		return CoarsenWall{t, p.length()}
	case "drift":
		t := p.target()
		return Drift{t, p.ppm()}
	case "undrift":
		return Undrift{p.target()}
	case "freeze":
		return Freeze{p.target()}
	case "thaw":
		return Thaw{p.target()}
	}
	return nil
}
