package adapters

import (
	"errors"
	"strings"
)

// Require gives an error that names all of keys which are not there.
func (c Config) Require(keys ...string) error {
	var missing []string
	for _, k := range keys {
		if c[k] == nil {
			missing = append(missing, "'"+k+"' is a required property")
		}
	}
	if missing == nil {
		return nil
	}
	return errors.New(strings.Join(missing, ", "))
}

// Text gives a profile field as text; a Secret is revealed, so only drivers call
// this. A field that is absent or no text is the empty text.
func (c Config) Text(key string) string {
	switch v := c[key].(type) {
	case string:
		return v
	case Secret:
		return v.Reveal()
	}
	return ""
}
