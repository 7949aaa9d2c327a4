package main

import "context"

// Names of the programs that this one is when it starts itself again, to be
// measured in a process of its own.
const (
	screenRole = "screen-child"
	blankRole  = "blank-child"
)

func children() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{screenRole: runScreen, blankRole: runBlank}
}
