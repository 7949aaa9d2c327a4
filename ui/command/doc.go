// Package command is carekey's command line: one command a file, each thin,
// over the roles that main hands in. Screens open when there is a terminal;
// otherwise, and with --plain, the same is said line by line; with --json every
// command prints one JSON value of a shape that stays (see the types in the
// json_*.go files).
//
// Secrets are typed at a prompt or come on standard input, never in arguments.
// What goes wrong becomes an exit code in one place, [Code].
package command
