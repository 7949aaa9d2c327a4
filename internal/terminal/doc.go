// Package terminal holds tests alone: they drive the built program in a real
// terminal, with keys and eyes, as a person does.
package terminal
