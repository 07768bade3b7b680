package artifact

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
)

// scanner walks through JSON without making values of it: what is not asked for is
// passed over at the speed of reading. It finds files that end too early or have
// brackets that do not fit; what it gives out as raw text may still be no JSON inside.
type scanner struct {
	r    io.Reader // nil for a text that is all there
	data []byte    // what has been read and not yet left behind
	pos  int
	kept []byte // of the value that raw reads
	keep bool
}

var errJSON = errors.New("this is no JSON")

// fill reads more text; io.EOF when there is none.
func (s *scanner) fill() error {
	if s.r == nil {
		return io.EOF
	}
	if cap(s.data) == 0 {
		s.data = make([]byte, 0, 1<<16)
	}
	for {
		n, err := s.r.Read(s.data[:cap(s.data)])
		s.data, s.pos = s.data[:n], 0
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// next gives the first byte that is not blank, without taking it.
func (s *scanner) next() (byte, error) {
	for {
		for ; s.pos < len(s.data); s.pos++ {
			switch c := s.data[s.pos]; c {
			case ' ', '\t', '\n', '\r':
			default:
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, tooShort(err)
		}
	}
}

func tooShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *scanner) want(c byte) error {
	got, err := s.next()
	if err != nil {
		return err
	}
	if got != c {
		return errJSON
	}
	s.pos++
	return nil
}

// object calls member with the key of each member, which is good until the next call
// of the scanner; member has to take the value.
func (s *scanner) object(member func(key []byte) error) error {
	if err := s.want('{'); err != nil {
		return err
	}
	c, err := s.next()
	if err != nil {
		return err
	}
	if c == '}' {
		s.pos++
		return nil
	}
	for {
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if end, err := s.separator('}'); err != nil || end {
			return err
		}
	}
}

// separator takes the comma or the bracket after an element.
func (s *scanner) separator(bracket byte) (end bool, err error) {
	c, err := s.next()
	if err != nil {
		return false, err
	}
	if c != ',' && c != bracket {
		return false, errJSON
	}
	s.pos++
	return c == bracket, nil
}

// key takes a string and the colon after it.
func (s *scanner) key() ([]byte, error) {
	if c, err := s.next(); err != nil || c != '"' {
		return nil, cmp.Or(err, errJSON)
	}
	raw, err := s.raw()
	if err != nil {
		return nil, err
	}
	key := raw[1 : len(raw)-1]
	if !plainText(key) {
		text, err := unquoted(raw)
		if err != nil {
			return nil, err
		}
		key = []byte(text)
	}
	return key, s.want(':')
}

// text takes a string.
func (s *scanner) text() (string, error) {
	if c, err := s.next(); err != nil || c != '"' {
		return "", cmp.Or(err, errJSON)
	}
	raw, err := s.raw()
	if err != nil {
		return "", err
	}
	return unquoted(raw)
}

func unquoted(raw []byte) (string, error) {
	if inner := raw[1 : len(raw)-1]; plainText(inner) {
		return string(inner), nil
	}
	var out string
	err := json.Unmarshal(raw, &out)
	return out, err
}

func plainText(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f || c == '\\' || c == '"' {
			return false
		}
	}
	return true
}

// raw takes a value and gives its text, which is good until the next call.
func (s *scanner) raw() ([]byte, error) {
	if s.r == nil { // nothing moves
		if _, err := s.next(); err != nil {
			return nil, err
		}
		start := s.pos
		err := s.skip()
		return s.data[start:s.pos:s.pos], err
	}
	s.kept, s.keep = s.kept[:0], true
	err := s.skip()
	s.keep = false
	return s.kept, err
}

// skip takes a value of any kind.
func (s *scanner) skip() error {
	c, err := s.next()
	if err != nil {
		return err
	}
	switch c {
	case '"', '{', '[':
		return s.skipNested()
	case ',', ':', '}', ']':
		return errJSON
	}
	return s.skipScalar()
}

// take moves on by n bytes of what has been read.
func (s *scanner) take(n int) {
	if s.keep {
		s.kept = append(s.kept, s.data[s.pos:s.pos+n]...)
	}
	s.pos += n
}

func (s *scanner) skipScalar() error {
	for {
		for i, c := range s.data[s.pos:] {
			switch c {
			case ',', ']', '}', ' ', '\t', '\n', '\r', ':', '"', '[', '{':
				s.take(i)
				return nil
			}
		}
		s.take(len(s.data) - s.pos)
		if err := s.fill(); err != nil {
			if s.r == nil {
				return nil // a number that is the whole text
			}
			return tooShort(err)
		}
	}
}

// skipNested takes a string, or brackets and all that is in them.
func (s *scanner) skipNested() error {
	var closing []byte // the brackets that are open
	inString, escaped := false, false
	for {
		for i, c := range s.data[s.pos:] {
			switch {
			case escaped:
				escaped = false
				continue
			case inString && c == '\\':
				escaped = true
				continue
			case c == '"':
				inString = !inString
			case inString:
				continue
			case c == '{':
				closing = append(closing, '}')
			case c == '[':
				closing = append(closing, ']')
			case c == '}' || c == ']':
				if closing[len(closing)-1] != c {
					return errJSON
				}
				closing = closing[:len(closing)-1]
			default:
				continue
			}
			if len(closing) == 0 && !inString {
				s.take(i + 1)
				return nil
			}
		}
		s.take(len(s.data) - s.pos)
		if err := s.fill(); err != nil {
			return tooShort(err)
		}
	}
}
