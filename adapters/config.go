package adapters

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
