// Package theme holds the colours. They never carry meaning alone: whatever is
// coloured also has a sign or a word, so that nothing is lost in one colour.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// Theme is the styles of everything that is drawn.
type Theme struct {
	Text   lipgloss.Style // ordinary
	Strong lipgloss.Style // names and headings
	Dim    lipgloss.Style // times, hints
	Accent lipgloss.Style // what is chosen, and keys
	Title  lipgloss.Style // small headings
	Rule   lipgloss.Style // lines between things
	Good   lipgloss.Style
	Warn   lipgloss.Style
	Bad    lipgloss.Style
	Alarm  lipgloss.Style // the strip above everything
}

// Background is what lies behind the text, as far as the terminal tells.
type Background uint8

// The backgrounds. Many terminals do not tell.
const (
	Unknown Background = iota
	Dark
	Light
)

type palette struct{ dim, accent, rule, good, warn, bad, alarm, alarmText color.Color }

// New chooses the colours for a background and for what the terminal can show.
// With 16 colours the terminal's own are used, which its owner chose to be
// readable; without colours only weight and underline remain.
func New(b Background, profile colorprofile.Profile) Theme {
	switch {
	case profile <= colorprofile.ASCII:
		return plain()
	case profile == colorprofile.ANSI:
		return build(sixteen(b))
	}
	return build(full(b))
}

// full has three shades of everything: the middle one can be read on any
// background, a little less well.
func full(b Background) palette {
	c := func(middle, dark, light string) color.Color {
		return lipgloss.Color([]string{Unknown: middle, Dark: dark, Light: light}[b])
	}
	return palette{
		dim:       c("#7c8490", "#8b93a1", "#5f6672"),
		accent:    c("#3a80dd", "#7db0ff", "#1b5fc1"),
		rule:      c("#7c8490", "#3c4350", "#c3c9d3"),
		good:      c("#2b9152", "#7fd392", "#1e7a3c"),
		warn:      c("#b27a14", "#e9bd6b", "#8a5a00"),
		bad:       c("#dd4b42", "#ff8a80", "#b3261e"),
		alarm:     lipgloss.Color("#a8201a"),
		alarmText: lipgloss.Color("#ffffff"),
	}
}

func sixteen(b Background) palette {
	pick := lipgloss.LightDark(b == Dark)
	return palette{
		dim:       pick(lipgloss.BrightBlack, lipgloss.White),
		accent:    pick(lipgloss.Blue, lipgloss.BrightCyan),
		rule:      lipgloss.BrightBlack,
		good:      pick(lipgloss.Green, lipgloss.BrightGreen),
		warn:      pick(lipgloss.Magenta, lipgloss.BrightYellow),
		bad:       pick(lipgloss.Red, lipgloss.BrightRed),
		alarm:     lipgloss.Red,
		alarmText: lipgloss.BrightWhite,
	}
}

func build(p palette) Theme {
	s := lipgloss.NewStyle()
	return Theme{
		Text: s, Strong: s.Bold(true),
		Dim: s.Foreground(p.dim), Accent: s.Foreground(p.accent).Bold(true),
		Title: s.Foreground(p.accent), Rule: s.Foreground(p.rule),
		Good: s.Foreground(p.good), Warn: s.Foreground(p.warn),
		Bad:   s.Foreground(p.bad).Bold(true),
		Alarm: s.Foreground(p.alarmText).Background(p.alarm).Bold(true),
	}
}

func plain() Theme {
	s := lipgloss.NewStyle()
	bold := s.Bold(true)
	return Theme{
		Text: s, Strong: bold, Dim: s, Accent: bold, Title: s.Underline(true), Rule: s,
		Good: bold, Warn: bold, Bad: bold, Alarm: s.Reverse(true).Bold(true),
	}
}
