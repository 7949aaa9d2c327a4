// Package card is what a relative holds: a share with all that someone needs who
// finds it in a drawer in ten years. It makes the text, the code to scan, the
// drawing of it for a terminal and the sheet to print, and reads a share back from
// what a person types, pastes or photographs.
package card
