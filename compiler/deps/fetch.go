package deps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"weft/compiler/source"
)

// What a server may send, and how long that may take.
const (
	maxIndex    = 64 << 20
	maxArchive  = 512 << 20
	maxAttempts = 5
	answerTime  = 30 * time.Second
	wholeTime   = 10 * time.Minute
)

// newClient makes the client for all that is fetched over HTTP. It follows
// redirections, but not from https to something else.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerTime
	return &http.Client{
		Transport: transport,
		Timeout:   wholeTime,
		CheckRedirect: func(to *http.Request, before []*http.Request) error {
			if len(before) >= 10 {
				return errors.New("it redirects too often")
			}
			if to.URL.Scheme != "https" && before[len(before)-1].URL.Scheme == "https" {
				return errors.New("it redirects from https to " + to.URL.Scheme)
			}
			return nil
		},
	}
}

// final is an error that another attempt would not change.
type final struct{ error }

// fetch gets a URL and hands what comes to use, which may be called once for each
// attempt. Connections that fail, answers that end early or that use does not accept,
// and servers that are busy or broken are tried again, with longer and longer pauses.
func (in *installer) fetch(ctx context.Context, address string, limit int64, use func(io.Reader) error) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return failure("%s is no URL that begins with http:// or https://", in.mask(address))
	}
	pause := in.o.Pause
	for attempt := 1; ; attempt++ {
		err = in.attempt(ctx, address, limit, use)
		var stop final
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.As(err, &stop) || attempt == maxAttempts {
			e := failure("%s could not be fetched: %s", in.mask(address), in.mask(cause(err)))
			e.Err = err
			return e
		}
		in.o.Say(Notice{Name: "RecordRetryException", Code: "M021", Level: Debug, Msg: in.mask("trying again: " + err.Error())})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// Fetch gets the text at a URL, such as another project's manifest.
func Fetch(ctx context.Context, address string, o Options) (text []byte, err error) {
	in := &installer{o: o, client: newClient()}
	err = in.fetch(ctx, address, maxArchive, func(r io.Reader) error {
		text, err = io.ReadAll(r)
		return err
	})
	return text, err
}

// cause is an error without the URL in front.
func cause(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

func failure(format string, args ...any) *source.Error {
	return &source.Error{Class: source.Runtime, Msg: fmt.Sprintf(format, args...)}
}

func (in *installer) attempt(ctx context.Context, address string, limit int64, use func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return final{err}
	}
	req.Header.Set("User-Agent", "weft")
	res, err := in.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return fmt.Errorf("the server answered %s", res.Status)
	case res.StatusCode != http.StatusOK:
		return final{fmt.Errorf("the server answered %s", res.Status)}
	}
	body := &limited{r: res.Body, left: limit}
	if err := use(body); err != nil {
		return err
	}
	// The length and the end of the answer are checked where it is read to its end.
	_, err = io.Copy(io.Discard, body)
	return err
}

// limited fails where more comes than it lets through.
type limited struct {
	r    io.Reader
	left int64
}

// Read reads, and fails beyond the limit.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n, final{errors.New("it is larger than it can be")}
	}
	return n, err
}

// archive gives the file of an archive, from the cache where fresh does not ask for
// what the server has now.
func (in *installer) archive(ctx context.Context, key, address string, fresh bool) (string, error) {
	if file, ok := in.cache.find(key); ok && !fresh {
		return file, nil
	}
	return in.cache.put(key, func(f *os.File) error {
		return in.fetch(ctx, address, maxArchive, func(r io.Reader) error {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return final{err}
			}
			if err := f.Truncate(0); err != nil {
				return final{err}
			}
			start := make([]byte, 2)
			if _, err := io.ReadFull(r, start); err != nil {
				return fmt.Errorf("the answer is too short: %w", err)
			}
			if !bytes.Equal(start, []byte{0x1f, 0x8b}) {
				return errors.New("the answer is no gzip file")
			}
			if _, err := f.Write(start); err != nil {
				return final{err}
			}
			_, err := io.Copy(f, r)
			return err
		})
	})
}

// unpack puts an archive's folder into a new folder of the staging area.
func (in *installer) unpack(file string) (string, error) {
	into, err := os.MkdirTemp(in.staging, "package-*")
	if err != nil {
		return "", failed(err)
	}
	if err := os.Chmod(into, 0o755); err != nil {
		return "", failed(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", failed(err)
	}
	defer f.Close()
	return into, untar(f, into, archiveLimits)
}
