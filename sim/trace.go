package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Tracer is given every event of a run, in order.
type Tracer interface {
	// Trace is called after the event. r and everything in it is valid during the call only.
	Trace(r *Record)
}

// Record is one line of a trace: an event, or the loss of a message.
type Record struct {
	// StepInfo says what happened. For the loss of a message Event is nil.
	*StepInfo
	// Lost is empty for an event; for a message that was lost it says why: "cut", "lost", "down", …
	Lost string
	// From, To and Msg are the message that was lost.
	From, To NodeID
	Msg      Message
	// SentBy is the number of the event whose step sent the message, or dialed, accepted or closed the channel, that
	// the event or the loss is about; 0 if it is about none, or nobody did. Beyond 2^32 events it means nothing.
	SentBy uint64
	// Touched lists what a fault has laid hands on, in order, the same perhaps more than once.
	Touched []Touch
	// Violation is what was found at the event, which is the last one then; nil if nothing was.
	Violation *Violation
	// Digest is that of the run after the event.
	Digest Digest

	notes []note
}

// Notes calls f with each decision that the step noted with Effects.Decide.
func (r *Record) Notes(f func(reason, decision string)) {
	for _, n := range r.notes {
		f(n.reason, n.decision)
	}
}

func (w *World) traceStep() {
	r := Record{StepInfo: &w.info, Violation: w.result.Violation, Digest: w.result.Digest, notes: w.out.notes}
	if w.info.Action != nil {
		r.Touched = w.touched
	} else if w.event.Kind != Crashed {
		r.SentBy = uint64(w.cause)
	}
	w.cfg.Trace.Trace(&r)
}

// traceDrop traces the loss that r says, of a message that the event by has sent.
func (w *World) traceDrop(r Record, by uint32) {
	r.StepInfo = &StepInfo{Seq: w.result.Events, At: w.now, Node: r.To}
	r.SentBy, r.Digest = uint64(by), w.result.Digest
	w.cfg.Trace.Trace(&r)
}

// TextTrace writes a trace for people: a line for each event, indented lines for what the step decided and
// asked for.
type TextTrace struct {
	w   io.Writer
	b   []byte
	err error
}

// NewTextTrace returns a tracer that writes to w.
func NewTextTrace(w io.Writer) *TextTrace { return &TextTrace{w: w} }

// Trace implements [Tracer].
func (t *TextTrace) Trace(r *Record) {
	if t.err == nil {
		t.b = r.AppendText(t.b[:0])
		_, t.err = t.w.Write(t.b)
	}
}

// Err returns the first error of the writer.
func (t *TextTrace) Err() error { return t.err }

// AppendText appends what TextTrace writes for r.
func (r *Record) AppendText(b []byte) []byte {
	if r.Lost != "" {
		return fmt.Appendf(b, "%8s %12s %-3s  %s from %s is lost: %s: %s\n",
			"", r.At, r.To, r.Msg.Kind(), r.From, r.Lost, r.Msg)
	}
	b = fmt.Appendf(b, "%8d %12s %-3s  %s\n", r.Seq, r.At, r.Node, r.describe())
	for _, n := range r.notes {
		b = fmt.Appendf(b, "%28s%s -> %s\n", "", n.reason, n.decision)
	}
	for i := range r.Effects {
		b = fmt.Appendf(b, "%28s%s\n", "", r.Effects[i].String())
	}
	return b
}

// describe says on one line what the event is.
func (r *Record) describe() string {
	if r.Action != nil {
		return "Faulted " + r.Action.String()
	}
	return r.Event.String()
}

// String says on one line what the event is.
func (e Event) String() string {
	var over string
	if e.Chan != 0 {
		over = fmt.Sprintf(" on channel %d", e.Chan)
	}
	switch e.Kind {
	case Receive:
		return fmt.Sprintf("Receive %s from %s%s: %s", e.Msg.Kind(), e.From, over, e.Msg)
	case Timeout:
		return fmt.Sprintf("Timeout %d", e.Timer)
	case TaskRun:
		return fmt.Sprintf("TaskRun %d", e.Task)
	case Synced:
		return fmt.Sprintf("Synced %d", e.Token)
	case SyncFailed:
		return fmt.Sprintf("SyncFailed %d: %v", e.Token, e.Err)
	case WriteFailed:
		return fmt.Sprintf("WriteFailed %s: %v", e.File, e.Err)
	case ReadDone:
		if e.Err != nil {
			return fmt.Sprintf("ReadDone %d: %v", e.Token, e.Err)
		}
		return fmt.Sprintf("ReadDone %d: %d bytes", e.Token, len(e.Data))
	case Opened, Closed:
		return fmt.Sprintf("%s channel %d with %s", e.Kind, e.Chan, e.From)
	}
	return e.Kind.String()
}

// String says on one line what the effect is.
func (f *Effect) String() string {
	switch f.Kind {
	case EffectSend, EffectSendSafe:
		when := ""
		if f.Kind == EffectSendSafe {
			when = " once durable"
		}
		return fmt.Sprintf("send %s to %s%s: %s", f.Msg.Kind(), f.To, when, f.Msg)
	case EffectSetTimer:
		return fmt.Sprintf("set timer %d to %v … %v", f.Timer, time.Duration(f.Min), time.Duration(f.Max))
	case EffectStopTimer:
		return fmt.Sprintf("stop timer %d", f.Timer)
	case EffectRun:
		return fmt.Sprintf("run task %d", f.Task)
	case EffectAppend:
		return fmt.Sprintf("append %d bytes to %s", len(f.Data), f.Name)
	case EffectReplace:
		return fmt.Sprintf("replace %s by %d bytes", f.Name, len(f.Data))
	case EffectTruncate:
		return fmt.Sprintf("truncate %s to %d bytes", f.Name, f.Min)
	case EffectRemove:
		return "remove " + f.Name
	case EffectSync:
		return fmt.Sprintf("sync, token %d", f.Token)
	case EffectRead:
		return fmt.Sprintf("read %d bytes of %s at %d, token %d", f.Max, f.Name, f.Min, f.Token)
	case EffectDial:
		return fmt.Sprintf("dial %s", f.To)
	case EffectSendOn:
		return fmt.Sprintf("send %s on channel %d: %s", f.Msg.Kind(), f.Chan, f.Msg)
	case EffectCloseChan:
		return fmt.Sprintf("close channel %d", f.Chan)
	case EffectInvoke:
		return fmt.Sprintf("invoke %v", f.Value)
	case EffectReturn:
		if f.Value == nil {
			return "return " + f.Outcome.String()
		}
		return fmt.Sprintf("return %s: %v", f.Outcome, f.Value)
	case EffectMark:
		return "mark " + f.Name
	case EffectExit:
		return "exit: " + f.Name
	}
	return "EffectKind(?)"
}

// JSONTrace writes a trace for programs: one JSON object to a line. The fields are those of jsonRecord; digests
// are strings of 16 hexadecimal digits.
type JSONTrace struct {
	enc *json.Encoder
	err error
}

// NewJSONTrace returns a tracer that writes to w.
func NewJSONTrace(w io.Writer) *JSONTrace {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &JSONTrace{enc: enc}
}

// Err returns the first error of the writer.
func (t *JSONTrace) Err() error { return t.err }

// jsonRecord is one line of a JSON trace.
type jsonRecord struct {
	Seq     uint64      `json:"seq"`
	AtNanos int64       `json:"at_ns"`
	Node    string      `json:"node"`
	Event   string      `json:"event"`
	Detail  string      `json:"detail,omitempty"`
	From    string      `json:"from,omitempty"`
	Message string      `json:"message,omitempty"`
	Lost    string      `json:"lost,omitempty"`
	SentBy  uint64      `json:"sent_by,omitempty"`
	Notes   [][2]string `json:"notes,omitempty"`
	Effects []string    `json:"effects,omitempty"`
	Digest  string      `json:"digest"`
}

// Trace implements [Tracer].
func (t *JSONTrace) Trace(r *Record) {
	if t.err != nil {
		return
	}
	j := jsonRecord{Seq: r.Seq, AtNanos: int64(r.At), Node: r.Node.String(), SentBy: r.SentBy,
		Digest: r.Digest.String()}
	msg := r.Msg
	if r.Lost != "" {
		j.Event, j.Lost, j.From = "Lost", r.Lost, r.From.String()
	} else {
		j.Event, msg = r.Event.Kind.String(), r.Event.Msg
		if r.Event.From != 0 {
			j.From = r.Event.From.String()
		}
		j.Detail = strings.TrimPrefix(strings.TrimPrefix(r.describe(), j.Event), " ")
	}
	if msg != nil {
		j.Message, j.Detail = msg.Kind(), msg.String()
	}
	r.Notes(func(reason, decision string) { j.Notes = append(j.Notes, [2]string{reason, decision}) })
	for i := range r.Effects {
		j.Effects = append(j.Effects, r.Effects[i].String())
	}
	t.err = t.enc.Encode(&j)
}
