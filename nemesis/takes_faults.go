package nemesis

import "schism/sim"

// Takes implements [Fault].
func (b Before) Takes() Takes { return b.Do.Takes() }

// Takes implements [Fault]. The loss of power is that of all that is not durable.
func (c Crash) Takes() Takes {
	if c.Loss != (sim.PowerLoss{}) {
		return TakesProcesses | TakesUnsynced
	}
	return TakesProcesses
}

// Takes implements [Fault].
func (c CrashMidway) Takes() Takes { return Crash(c).Takes() | TakesSteps }

// Takes implements [Fault].
func (s SetLinks) Takes() Takes {
	var t Takes
	l := &s.Link
	if l.Loss > 0 || l.Queue > 0 {
		t |= TakesDelivery
	}
	if l.Max > 0 || l.Tail > 0 || l.Spacing > 0 {
		t |= TakesLatency
	}
	if l.Max > l.Min || l.Tail > 0 || l.Reorder > 0 || l.Duplicate > 0 {
		t |= TakesOrder
	}
	if l.Duplicate > 0 {
		t |= TakesOnce
	}
	return t
}

// Takes implements [Fault]. What is swallowed is not delivered, and when that ends the stream does.
func (b Blackhole) Takes() Takes {
	if b.Off {
		return TakesStreams
	}
	return TakesStreams | TakesDelivery
}

// Takes implements [Fault]. A stream without a message that is dropped ends.
func (a AddRule) Takes() Takes {
	switch a.Action {
	case sim.RuleDrop:
		return TakesDelivery | TakesStreams
	case sim.RuleDelay:
		return TakesLatency | TakesOrder
	}
	return TakesOnce | TakesOrder
}

// Takes implements [Fault]. A sync that fails loses what is not durable.
func (s SetDisk) Takes() Takes {
	var t Takes
	d := &s.Disk
	if d.SyncMax > 0 || d.ReadMax > 0 {
		t |= TakesDiskSpeed
	}
	if d.SyncError > 0 {
		t |= TakesDiskSuccess | TakesUnsynced
	}
	if d.WriteError > 0 || d.Capacity > 0 {
		t |= TakesDiskSuccess
	}
	if d.SyncLies || d.NamesLie {
		t |= TakesDurable
	}
	return t
}

// Takes implements [Fault].
func (c CoarsenWall) Takes() Takes {
	if c.Step > 0 {
		return TakesWall
	}
	return 0
}

// Takes implements [Fault].
func (d Drift) Takes() Takes {
	if d.PPM != 0 {
		return TakesRate
	}
	return 0
}

// Takes implements [Fault].
func (Heal) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Recover) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Split) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (SplitLeader) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Isolate) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Deafen) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Mute) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Bridge) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Ring) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Cut) Takes() Takes { return TakesDelivery }

// Takes implements [Fault].
func (Mend) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Restart) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Wipe) Takes() Takes { return TakesDurable }

// Takes implements [Fault].
func (Pause) Takes() Takes { return TakesSpeed }

// Takes implements [Fault].
func (Resume) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Slow) Takes() Takes { return TakesSpeed }

// Takes implements [Fault].
func (Unslow) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Drag) Takes() Takes { return TakesSpeed }

// Takes implements [Fault].
func (Undrag) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Provoke) Takes() Takes { return TakesCause }

// Takes implements [Fault].
func (ResetLinks) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Clog) Takes() Takes { return TakesLatency }

// Takes implements [Fault].
func (Hold) Takes() Takes { return TakesLatency }

// Takes implements [Fault].
func (Release) Takes() Takes { return 0 }

// Takes implements [Fault].
func (ResetChannels) Takes() Takes { return TakesStreams }

// Takes implements [Fault].
func (HalfOpen) Takes() Takes { return TakesStreams }

// Takes implements [Fault].
func (ClearRules) Takes() Takes { return 0 }

// Takes implements [Fault].
func (ResetDisk) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Rot) Takes() Takes { return TakesDurable }

// Takes implements [Fault].
func (BreakSectors) Takes() Takes { return TakesDurable }

// Takes implements [Fault].
func (Misdirect) Takes() Takes { return TakesDurable }

// Takes implements [Fault].
func (Repair) Takes() Takes { return 0 }

// Takes implements [Fault].
func (JumpWall) Takes() Takes { return TakesWall }

// Takes implements [Fault].
func (SlewWall) Takes() Takes { return TakesWall }

// Takes implements [Fault].
func (Undrift) Takes() Takes { return 0 }

// Takes implements [Fault].
func (Freeze) Takes() Takes { return TakesRunning }

// Takes implements [Fault].
func (Thaw) Takes() Takes { return 0 }
