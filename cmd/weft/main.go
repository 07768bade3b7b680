// Command weft runs dbt projects.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"weft/compiler/source"
)

// What weft is, and what it stands for.
const (
	version    = "0.1.0"
	dbtVersion = "1.11.16"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command ended, but something in it failed
	exitError  = 2 // the command could not be carried out
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// errFailed is a command that ended with failures, which have been printed.
var errFailed = errors.New("failed")

// run carries out one command line and gives its exit code.
func run(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "internal error: %v\n\nThis is a bug in weft. Please report it with the text below.\n\n%s", r, debug.Stack())
			code = exitError
		}
	}()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		stop()
		if _, ok := <-signals; ok {
			os.Exit(exitError)
		}
	}()
	a := &app{ctx: ctx, stdout: stdout, stderr: stderr, env: os.LookupEnv, now: time.Now, args: args, set: newSettings()}
	err := a.execute(gather(args))
	defer a.close()
	defer a.summary()
	var u *usageError
	var o *optionError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.Is(err, errHelp):
		return exitError
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "Usage: weft [OPTIONS] COMMAND [ARGS]...\nTry 'weft -h' for help.\n\nError: %s\n", u.msg)
		return exitError
	}
	if errors.As(err, &o) {
		fmt.Fprintln(stderr, o.cause.Report())
		return exitFailed
	}
	a.report(err)
	return exitError
}

// report prints the error that ended the command.
func (a *app) report(err error) {
	p := a.printer()
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		p.error("MainKeyboardInterrupt", "Z001", "ctrl-c")
		return
	}
	p.error("MainEncounteredError", "Z002", "Encountered an error:\n"+source.All(err).Report())
}

// execute finds the command and runs it.
func (a *app) execute(args []string) error {
	root := &cobra.Command{
		Use:           "weft",
		Short:         "weft runs dbt projects: it reads them, builds them in a warehouse and tests them",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, rest []string) error {
			if a.showVersion {
				return a.version()
			}
			if len(rest) > 0 {
				return &usageError{"No such command '" + rest[0] + "'."}
			}
			return cmd.Help()
		},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetArgs(args)
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().BoolVarP(&a.showVersion, "version", "v", false, "print the versions")
	addFlags(root.PersistentFlags(), a.set, "")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if name, unknown := strings.CutPrefix(err.Error(), "unknown flag: "); unknown {
			return noSuchOption(cmd, name)
		}
		return usage(err)
	})
	for _, c := range commands {
		root.AddCommand(a.command(c))
	}
	root.AddCommand(
		a.group("docs", "make and serve the documentation",
			command{name: "docs generate", short: "write catalog.json", run: (*app).docsGenerate}),
		a.group("source", "look at the sources of the project",
			command{name: "source freshness", alias: "snapshot-freshness", short: "look how old the data of sources is", run: (*app).freshness}),
		a.group("schema", "what the YAML files of a project may hold",
			command{name: "schema export", short: "write JSON Schemas for editors", run: (*app).schemaExport}),
	)
	return usage(root.ExecuteContext(a.ctx))
}

// command is one row of the table of commands.
type command struct {
	name  string
	alias string
	short string
	arg   string // name of the argument; empty for none
	maybe bool   // the argument may be left out
	run   func(a *app, args []string) error
}

var commands = []command{
	{name: "build", short: "build and test everything, in order", run: (*app).build},
	{name: "run", short: "build models", run: (*app).run},
	{name: "test", short: "run tests", run: (*app).test},
	{name: "seed", short: "load seeds", run: (*app).seed},
	{name: "snapshot", short: "take snapshots", run: (*app).snapshot},
	{name: "clone", short: "make the relations of the state appear in the target", run: (*app).clone},
	{name: "compile", short: "write the SQL of nodes without running it", run: (*app).compile},
	{name: "show", short: "show rows of a model or a query", run: (*app).show},
	{name: "parse", short: "read the project and write manifest.json", run: (*app).parse},
	{name: "list", alias: "ls", short: "list the nodes of a selection", run: (*app).list},
	{name: "run-operation", short: "run a macro", arg: "MACRO", run: (*app).runOperation},
	{name: "retry", short: "run again what failed last time", run: (*app).retry},
	{name: "debug", short: "check the project, the profile and the connection", run: (*app).debug},
	{name: "clean", short: "remove what the project's clean-targets name", run: (*app).clean},
	{name: "deps", short: "install packages", run: (*app).deps},
	{name: "init", short: "make a new project", arg: "PROJECT_NAME", maybe: true, run: (*app).init},
	{name: "version", short: "print the versions", run: func(a *app, _ []string) error { return a.version() }},
}

// errHelp is a command that could only show what there is to choose from.
var errHelp = errors.New("a command is missing")

// group is a command that does nothing without another one behind it.
func (a *app) group(name, short string, list ...command) *cobra.Command {
	g := &cobra.Command{Use: name, Short: short, Args: cobra.ArbitraryArgs}
	g.RunE = func(_ *cobra.Command, rest []string) error {
		switch {
		case a.showVersion:
			return a.version()
		case len(rest) > 0:
			return &usageError{"No such command '" + rest[0] + "'."}
		}
		return errors.Join(errHelp, g.Help())
	}
	for _, c := range list {
		g.AddCommand(a.command(c))
	}
	return g
}

func (a *app) command(c command) *cobra.Command {
	use := lastWord(c.name)
	if c.arg != "" {
		use += " " + c.arg
	}
	cmd := &cobra.Command{Use: use, Short: c.short, Args: cobra.ArbitraryArgs}
	if c.alias != "" {
		cmd.Aliases = []string{c.alias}
	}
	addFlags(cmd.Flags(), a.set, c.name)
	cmd.RunE = func(_ *cobra.Command, rest []string) error {
		if a.showVersion {
			return a.version()
		}
		switch {
		case len(rest) == 0 && c.arg != "" && !c.maybe:
			return &usageError{"Missing argument '" + c.arg + "'."}
		case c.arg == "" && len(rest) > 0 || len(rest) > 1:
			return &usageError{"Got unexpected extra argument (" + rest[len(rest)-1] + ")"}
		}
		a.which = c.name
		if err := a.start(); err != nil {
			return err
		}
		return c.run(a, rest)
	}
	return cmd
}
