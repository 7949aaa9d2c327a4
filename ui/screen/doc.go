// Package screen is the wallet on a full terminal, built on Bubble Tea.
//
// [Model] is the root and the only one that talks to Bubble Tea and to the
// wallet's acts. It shows one of five places, and on top of it a stack of
// dialogs; places and dialogs are the same thing, a screen with three methods.
// Messages that carry results go to all of them, keys only to the topmost.
//
// Nothing here waits in Update or View: whatever reads the vault or the network
// runs in a command and comes back as a message. Time comes as messages too.
// What a key does and what the help says of it is one table.
package screen
