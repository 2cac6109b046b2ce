# How pictures look, those of throng-bench --plot and of RESULTS.md: 900 x 500
# on white, the headline at the left, a quiet grid, curves with their names at
# them instead of a key. Set before it is loaded: `ending`, svg or png (which
# has twice the pixels), `headline` and `subline`, texts without markup.

set encoding utf8
ink = "#24292f"
faint = "#6e7781"
if (ending eq "png") {
	headline_font = ",13"
	subline_font = ",9"
	set terminal pngcairo size 1800,1000 font "DejaVu Sans,11" \
		fontscale 2 linewidth 2 pointscale 2 background "#ffffff"
} else {
	headline_font = ",17"
	subline_font = ",12"
	set terminal svg size 900,500 name "throng" font "sans-serif,14" \
		linewidth 1 background "#ffffff"
}

# Okabe and Ito's colours, which all eyes tell apart, the strong ones first.
set linetype 1 lc rgb "#0072b2" lw 2.5 pt 7
set linetype 2 lc rgb "#d55e00" lw 2.5 pt 7
set linetype 3 lc rgb "#009e73" lw 2.5 pt 7
set linetype 4 lc rgb "#b0629a" lw 2.5 pt 7
set linetype 5 lc rgb "#e69f00" lw 2.5 pt 7
set linetype 6 lc rgb "#56b4e9" lw 2.5 pt 7
set linetype 7 lc rgb "#24292f" lw 2.5 pt 7
set linetype cycle 7

set lmargin at screen 0.09
set rmargin at screen 0.87
set tmargin at screen 0.82
set bmargin at screen 0.11
set border 1 lc rgb faint lw 0.75
set grid ytics lt 1 lc rgb "#e4e7ea" lw 0.75
set grid noxtics
set tics nomirror scale 0 textcolor rgb faint
set xtics scale 0.5 out
set xlabel textcolor rgb faint
set ylabel textcolor rgb faint
unset key
set label 1 headline at screen 0.025, screen 0.945 left noenhanced \
	font headline_font textcolor rgb ink
set label 2 subline at screen 0.025, screen 0.885 left noenhanced \
	font subline_font textcolor rgb faint
