// Package roles is what the program can be: the roles that main hands to the
// commands. Here the parts are put together, and nothing else is done.
package roles
