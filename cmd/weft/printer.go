package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fatih/color"
)

// level is how important a message is.
type level uint8

const (
	debugLevel level = iota
	infoLevel
	warnLevel
	errorLevel
	noLevel
)

var levelNames = [...]string{"debug", "info", "warn", "error", "none"}

func levelOf(name string) level {
	for i, n := range levelNames {
		if n == name {
			return level(i)
		}
	}
	return infoLevel
}

// event is one message: what it is called and what it says.
type event struct {
	name  string
	code  string
	level level
	msg   string
	data  map[string]any
	plain bool // without a time in front: what print() and ls write
}

// printer writes messages to the console and to the log file. It is safe for
// concurrent use, since drivers report statements from workers.
type printer struct {
	mu     sync.Mutex
	out    io.Writer
	format string
	level  level
	width  int
	quiet  bool
	noOut  bool // --no-print
	id     string
	extra  map[string]string
	now    func() time.Time
	mask   func(string) string // hides secrets

	file       *os.File
	fileBuf    *bufio.Writer
	fileLevel  level
	fileFormat string

	green, yellow, red *color.Color
}

func newPrinter(out io.Writer, id string, now func() time.Time) *printer {
	p := &printer{out: out, format: "text", level: infoLevel, width: 80, id: id, now: now, fileLevel: noLevel}
	p.green, p.yellow, p.red = color.New(color.FgGreen), color.New(color.FgYellow), color.New(color.FgRed)
	p.colour(false)
	return p
}

// colour switches colours on or off.
func (p *printer) colour(on bool) {
	for _, c := range []*color.Color{p.green, p.yellow, p.red} {
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
}

// openLog starts the log file, with the one of an earlier run moved on where it has
// grown beyond 10 MiB.
func (p *printer) openLog(dir string, lv level, format string) error {
	if lv == noLevel {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "dbt.log")
	if info, err := os.Stat(path); err == nil && info.Size() > 10<<20 {
		for i := 4; i > 0; i-- {
			_ = os.Rename(fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("%s.%d", path, i+1))
		}
		_ = os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	p.file, p.fileBuf, p.fileLevel, p.fileFormat = f, bufio.NewWriter(f), lv, format
	fmt.Fprintf(p.fileBuf, "\n\n%s %s | %s %s\n", strings.Repeat("=", 30), p.now().UTC().Format("15:04:05.000000"), p.id, strings.Repeat("=", 30))
	return nil
}

// close flushes the log file.
func (p *printer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		p.fileBuf.Flush()
		p.file.Close()
		p.file, p.fileLevel = nil, noLevel
	}
}

func (p *printer) emit(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mask != nil {
		e.msg = p.mask(e.msg)
	}
	now := p.now().UTC()
	if e.level >= p.fileLevel && p.file != nil {
		io.WriteString(p.fileBuf, p.line(e, p.fileFormat, now))
	}
	lowest := p.level
	if p.quiet {
		lowest = max(lowest, errorLevel)
	}
	if e.level < lowest && !e.plain {
		return
	}
	io.WriteString(p.out, p.line(e, p.format, now))
}

func (p *printer) line(e event, format string, now time.Time) string {
	switch {
	case format == "json":
		return p.json(e, now)
	case e.plain:
		return e.msg + "\n"
	case format == "debug":
		return fmt.Sprintf("%s [%-5s] [%-10s]: %s\n", now.Format("15:04:05.000000"), levelNames[e.level], "MainThread", e.msg)
	case e.msg == "":
		return now.Format("15:04:05") + "  \n"
	}
	return now.Format("15:04:05") + "  " + e.msg + "\n"
}

func (p *printer) json(e event, now time.Time) string {
	data := map[string]any{}
	for k, v := range e.data {
		data[k] = v
	}
	if _, ok := data["msg"]; !ok && len(e.data) == 0 {
		data["msg"] = e.msg
	}
	extra := p.extra
	if extra == nil {
		extra = map[string]string{}
	}
	b, err := json.Marshal(map[string]any{
		"data": data,
		"info": map[string]any{
			"category": "", "code": e.code, "extra": extra, "invocation_id": p.id, "level": levelNames[e.level],
			"msg": e.msg, "name": e.name, "pid": os.Getpid(), "thread": "MainThread", "ts": now.Format("2006-01-02T15:04:05.000000Z"),
		},
	})
	if err != nil {
		return ""
	}
	return string(b) + "\n"
}

func (p *printer) info(name, code, msg string) {
	p.emit(event{name: name, code: code, level: infoLevel, msg: msg})
}

func (p *printer) warn(name, code, msg string) {
	p.emit(event{name: name, code: code, level: warnLevel, msg: msg})
}

func (p *printer) error(name, code, msg string) {
	p.emit(event{name: name, code: code, level: errorLevel, msg: msg})
}

func (p *printer) debug(name, code, msg string) {
	if p.level > debugLevel && p.fileLevel > debugLevel {
		return
	}
	p.emit(event{name: name, code: code, level: debugLevel, msg: msg})
}

func (p *printer) blank() { p.info("Formatting", "Z017", "") }

// print writes what is output rather than a message: it stands without a time and
// is shown also with --quiet.
func (p *printer) print(msg string) {
	p.emit(event{name: "PrintEvent", code: "Z052", level: infoLevel, msg: msg, plain: true})
}

// template writes what print() in a template gives.
func (p *printer) template(msg string) {
	if p.noOut {
		return
	}
	p.print(msg)
}

// progress is a line such as "1 of 3 START sql view model … [RUN]".
func (p *printer) progress(index, total int, msg, status string, seconds float64, c *color.Color) string {
	line := fmt.Sprintf("%d of %d %s ", index, total, msg)
	if n := len([]rune(line)); n < p.width {
		line += strings.Repeat(".", p.width-n)
	}
	if c != nil {
		status = c.Sprint(status)
	}
	if seconds < 0 {
		return fmt.Sprintf("%s [%s]", line, status)
	}
	return fmt.Sprintf("%s [%s in %.2fs]", line, status, seconds)
}
