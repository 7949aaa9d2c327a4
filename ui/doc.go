// Package ui is what people see: the wallet's screens (ui/screen), the same
// line by line (ui/plain), the commands (ui/command) and every word of them
// (ui/words).
//
// This package itself holds no logic: it names what the screens and commands
// need of the rest of the program. They import the wallet's words and nothing
// that talks to a network; main hands them the roles it can start.
package ui
