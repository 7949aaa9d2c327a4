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

type palette struct{ dim, accent, rule, good, warn, bad, alarmText color.Color }

// New chooses the colours for a background and for what the terminal can show.
// With 16 colours the terminal's own are used, which its owner chose to be
// readable; without colours only weight and underline remain.
func New(dark bool, profile colorprofile.Profile) Theme {
	switch {
	case profile <= colorprofile.ASCII:
		return plain()
	case profile == colorprofile.ANSI:
		return build(sixteen(dark))
	}
	return build(full(dark))
}

func full(dark bool) palette {
	pick := lipgloss.LightDark(dark)
	c := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	return palette{
		dim:       c("#5f6672", "#8b93a1"),
		accent:    c("#1b5fc1", "#7db0ff"),
		rule:      c("#c3c9d3", "#3c4350"),
		good:      c("#1e7a3c", "#7fd392"),
		warn:      c("#8a5a00", "#e9bd6b"),
		bad:       c("#b3261e", "#ff8a80"),
		alarmText: c("#ffffff", "#1c0a0a"),
	}
}

func sixteen(dark bool) palette {
	pick := lipgloss.LightDark(dark)
	return palette{
		dim:       pick(lipgloss.BrightBlack, lipgloss.White),
		accent:    pick(lipgloss.Blue, lipgloss.BrightCyan),
		rule:      lipgloss.BrightBlack,
		good:      pick(lipgloss.Green, lipgloss.BrightGreen),
		warn:      pick(lipgloss.Magenta, lipgloss.BrightYellow),
		bad:       pick(lipgloss.Red, lipgloss.BrightRed),
		alarmText: pick(lipgloss.BrightWhite, lipgloss.Black),
	}
}

func build(p palette) Theme {
	s := lipgloss.NewStyle()
	return Theme{
		Text: s, Strong: s.Bold(true),
		Dim: s.Foreground(p.dim), Accent: s.Foreground(p.accent).Bold(true),
		Title: s.Foreground(p.accent), Rule: s.Foreground(p.rule),
		Good: s.Foreground(p.good).Bold(true), Warn: s.Foreground(p.warn).Bold(true),
		Bad:   s.Foreground(p.bad).Bold(true),
		Alarm: s.Foreground(p.alarmText).Background(p.bad).Bold(true),
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
