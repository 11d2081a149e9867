// Package words is the text form in which operations are written down: words with spaces between them, quoted as in Go
// where they could be misread, and the marks { } and ; that group them.
//
//	p := words.NewParser(`put x "a b"`)
//	fmt.Println(p.Take("put"), p.Word("a key"), p.Word("a value"), p.End()) // true x a b <nil>
package words

import (
	"fmt"
	"strconv"
	"strings"
)

// marks are the characters that stand for themselves, special those that a word has only in quotes.
const (
	marks   = "{};"
	special = `"#\` + marks
)

// Quote returns s as it is if it stands for itself between spaces, and quoted otherwise.
func Quote(s string) string {
	if s == "" {
		return `""`
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(special, c) >= 0 {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}

// Append appends a space and s, quoted where it has to be.
func Append(b []byte, s string) []byte { return append(append(b, ' '), Quote(s)...) }

// token is a word, or a mark.
type token struct {
	text         string
	mark, quoted bool
}

// Parser reads words and marks off the front of a text. After the first thing that does not fit nothing is left, every
// word reads as empty, and End tells what it was.
type Parser struct {
	rest []token
	err  error
}

// NewParser returns a parser of s.
func NewParser(s string) *Parser {
	p := &Parser{}
	for s = strings.TrimLeft(s, " "); s != "" && p.err == nil; s = strings.TrimLeft(s, " ") {
		s = p.next(s)
	}
	return p
}

// next reads the token at the beginning of s, and returns what follows it.
func (p *Parser) next(s string) string {
	if strings.IndexByte(marks, s[0]) >= 0 {
		p.rest = append(p.rest, token{text: s[:1], mark: true})
		return s[1:]
	}
	if s[0] == '"' {
		return p.quoted(s)
	}
	n := strings.IndexAny(s, " "+marks)
	if n < 0 {
		n = len(s)
	}
	if w := s[:n]; Quote(w) != w {
		p.Fail("%q must be quoted", w)
		return ""
	}
	p.rest = append(p.rest, token{text: s[:n]})
	return s[n:]
}

// quoted reads the quoted word at the beginning of s, and returns what follows it.
func (p *Parser) quoted(s string) string {
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		p.Fail("bad quotes at %s", s)
		return ""
	}
	s = s[len(q):]
	w, err := strconv.Unquote(q)
	if err != nil || s != "" && strings.IndexByte(" };", s[0]) < 0 {
		p.Fail("bad quotes at %s", q)
		return ""
	}
	p.rest = append(p.rest, token{text: w, quoted: true})
	return s
}

// Fail notes what does not fit, unless something did not before.
func (p *Parser) Fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = nil
}

// Failed reports whether something did not fit.
func (p *Parser) Failed() bool { return p.err != nil }

// End returns what did not fit, or that something is left.
func (p *Parser) End() error {
	if p.err == nil && len(p.rest) > 0 {
		p.Fail("%q is too much", p.rest[0].text)
	}
	return p.err
}

// Peek returns the word that comes next, false if none does.
func (p *Parser) Peek() (string, bool) {
	if len(p.rest) == 0 || p.rest[0].mark {
		return "", false
	}
	return p.rest[0].text, true
}

// Word reads a word; what says what it should be.
func (p *Parser) Word(what string) string {
	w, ok := p.Peek()
	if !ok {
		p.Fail("want %s", what)
		return ""
	}
	p.rest = p.rest[1:]
	return w
}

// OneOf reads one of names, and returns which.
func (p *Parser) OneOf(names []string, what string) int {
	w := p.Word(what)
	for i, name := range names {
		if name == w && w != "" {
			return i
		}
	}
	p.Fail("want %s, not %q", what, w)
	return 0
}

// Take reads the word w if it comes next and is not quoted.
func (p *Parser) Take(w string) bool { return p.take(token{text: w}) }

// TakeMark reads the mark m if it comes next.
func (p *Parser) TakeMark(m string) bool { return p.take(token{text: m, mark: true}) }

func (p *Parser) take(t token) bool {
	if len(p.rest) == 0 || p.rest[0] != t {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// List reads what stands between { and }, with ; between, at most limit of them, one by one.
func (p *Parser) List(limit int, one func()) {
	if !p.TakeMark("{") {
		p.Fail("want {")
		return
	}
	for n := 0; p.err == nil && !p.TakeMark("}"); n++ {
		if n > 0 && !p.TakeMark(";") {
			p.Fail("want ; or }")
		}
		if n >= limit {
			p.Fail("more than %d in a list", limit)
			return
		}
		one()
	}
}
