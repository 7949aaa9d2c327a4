package card

import (
	"image"
)

// drawing is a picture in black and white.
type drawing struct {
	width, height int
	dark          []bool
}

func (d drawing) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < d.width && y < d.height && d.dark[y*d.width+x]
}

// drawn takes what is darker than its surroundings as dark. Surroundings are a
// square with sides of 2*reach+1; darker is by so many parts in 256.
func drawn(picture *image.Gray, reach, darker int) drawing {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	d := drawing{width: width, height: height, dark: make([]bool, width*height)}
	columns := make([]int, width) // sums of the rows around this one
	add := func(y, sign int) {
		for x, p := range picture.Pix[y*width : (y+1)*width] {
			columns[x] += sign * int(p)
		}
	}
	for y := range min(reach, height) {
		add(y, 1)
	}
	for y := range height {
		if y+reach < height {
			add(y+reach, 1)
		}
		if y > reach {
			add(y-reach-1, -1)
		}
		rows := min(y+reach, height-1) - max(y-reach, 0) + 1
		sum := 0
		for x := range min(reach, width) {
			sum += columns[x]
		}
		for x := range width {
			if x+reach < width {
				sum += columns[x+reach]
			}
			if x > reach {
				sum -= columns[x-reach-1]
			}
			n := rows * (min(x+reach, width-1) - max(x-reach, 0) + 1)
			d.dark[y*width+x] = int(picture.Pix[y*width+x])*n*256 < sum*(256-darker)
		}
	}
	return d
}

// inverted swaps dark and light.
func inverted(picture *image.Gray) *image.Gray {
	out := image.NewGray(picture.Rect)
	for i, p := range picture.Pix {
		out.Pix[i] = 255 - p
	}
	return out
}

// sharpened makes every point more different from its surroundings, which reach so
// far, by so many times the difference.
func sharpened(picture *image.Gray, reach, by int) *image.Gray {
	around := averaged(averaged(picture, reach), reach)
	out := image.NewGray(picture.Rect)
	width := picture.Rect.Dx()
	for i, p := range picture.Pix {
		mean := int(around.GrayAt(i%width, i/width).Y)
		out.Pix[i] = uint8(min(max(int(p)+by*(int(p)-mean), 0), 255))
	}
	return out
}

// averaged averages along the rows and then swaps rows and columns, so that twice
// is along both.
func averaged(picture *image.Gray, reach int) *image.Gray {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, height, width))
	for y := range height {
		row := picture.Pix[y*width : (y+1)*width]
		for x := range width {
			around := row[max(x-reach, 0):min(x+reach+1, width)]
			sum := 0
			for _, p := range around {
				sum += int(p)
			}
			out.Pix[x*height+y] = uint8(sum / len(around))
		}
	}
	return out
}
