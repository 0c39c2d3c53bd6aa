# SPDX-License-Identifier: BSD-2-Clause
#
# figures.awk -v form=text|markdown|svg -v contestants=LIST -v measurements=LIST
# - what net.sh has measured, and its ratio to kernel routing.
#
# Input: lines "CONTESTANT MEASUREMENT FIGURE [99TH-PERCENTILE]", several of one
# kind if it was measured several times.  The lists are net.sh's.
BEGIN {
	n = split(measurements, line, "\n")
	for (i = 1; i <= n; i++) {
		if (split(line[i], word, " ") < 4)
			continue
		column[++columns] = word[1]
		head[columns] = word[2]
		gsub(",", " ", head[columns])
		better[word[1]] = word[3]
		of_all[word[1]] = word[4]
	}
	n = split(contestants, line, "\n")
	for (i = 1; i <= n; i++) {
		if (split(line[i], word, " ") < 3)
			continue
		what[word[1]] = line[i]
		sub(/^[^ ]+ +[^ ]+ +/, "", what[word[1]])
	}
	split("#80868b #c5221f #e8a33d #f2cc4d #1a73e8 #12a5b8 #34a853 " \
		"#9fc2f7 #9bdbe3 #a5d8b2 #a142f4", colour, " ")
}

NF >= 3 {
	if (!($1 in seen)) {
		seen[$1] = 1
		row[++rows] = $1
	}
	taken[$1, $2] = taken[$1, $2] " " $3
	if (NF > 3)
		worst[$1, $2] = worst[$1, $2] " " $4
}

# The least, or the median, of the numbers in LIST.
function one_of(list, how,    n, x, i, j, swap) {
	n = split(list, x, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && x[j] + 0 < x[j - 1] + 0; j--) {
			swap = x[j]
			x[j] = x[j - 1]
			x[j - 1] = swap
		}
	return how == "least" ? x[1] : x[int((n + 1) / 2)]
}

function figure(who, m) {
	if (!((who, m) in taken))
		return ""
	return one_of(taken[who, m], of_all[m])
}

function number(x) {
	if (x >= 1000)
		return sprintf("%.0f", x)
	return sprintf(x >= 10 ? "%.1f" : x >= 1 ? "%.2f" : "%.3f", x)
}

# Of round trips both, "median/99th".
function text(who, m,    x) {
	x = figure(who, m)
	if (x == "")
		return "-"
	x = number(x)
	if ((who, m) in worst)
		x = x "/" number(one_of(worst[who, m], of_all[m]))
	return x
}

function ratio(who, m,    x, base) {
	x = figure(who, m)
	base = figure("route", m)
	return x != "" && base > 0 ? sprintf("%.2f", x / base) : ""
}

function as_text(    r, c, x) {
	printf "%-9s", ""
	for (c = 1; c <= columns; c++)
		printf " %11s", head[c]
	print ""
	for (r = 1; r <= rows; r++) {
		printf "%-9s", row[r]
		for (c = 1; c <= columns; c++)
			printf " %11s", text(row[r], column[c])
		printf "\n%-9s", ""
		for (c = 1; c <= columns; c++) {
			x = ratio(row[r], column[c])
			printf " %11s", x == "" ? "" : x "x"
		}
		print ""
	}
}

function as_markdown(    r, c, x) {
	printf "| |"
	for (c = 1; c <= columns; c++)
		printf " %s |", head[c]
	printf "\n|---|"
	for (c = 1; c <= columns; c++)
		printf "---:|"
	print ""
	for (r = 1; r <= rows; r++) {
		printf "| %s |", what[row[r]]
		for (c = 1; c <= columns; c++) {
			x = ratio(row[r], column[c])
			x = x == "" || row[r] == "route" ? "" : " (" x "x)"
			printf " %s%s |", text(row[r], column[c]), x
		}
		print ""
	}
}

# ---- the picture: bars of ratios, a group for each measurement ---------------

function write_at(x, y, more, words) {
	printf "<text x=\"%d\" y=\"%d\"%s>%s</text>\n", x, y, more, words
}

# A bar as tall as its ratio, which stands above it; at most to the panel's top.
function bar(x, floor, r, value,    tall) {
	tall = (value + 0 > 2 ? 2 : value) * unit
	printf "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" " \
		"fill=\"%s\"/>\n", x, floor - tall, bar_wide - 2, tall, colour[r]
	write_at(0, 0, sprintf(" font-size=\"9\" transform=\"translate(%d,%d) " \
		"rotate(-90)\"", x + bar_wide - 5, floor - tall - 3), value)
}

function panel(floor, sense, title,    c, r, left, value) {
	write_at(20, floor - 2 * unit - 40, " font-weight=\"bold\"", title)
	left = 20
	for (c = 1; c <= columns; c++) {
		if (better[column[c]] != sense || ratio("route", column[c]) == "")
			continue
		for (r = 1; r <= rows; r++) {
			value = ratio(row[r], column[c])
			if (value != "")
				bar(left + (r - 1) * bar_wide, floor, r, value)
		}
		write_at(left, floor + 14, "", head[c])
		left += rows * bar_wide + 24
	}
	printf "<path d=\"M20 %d H%d\" stroke=\"#333\" " \
		"stroke-dasharray=\"3\"/>\n", floor - unit, left - 24
	printf "<path d=\"M20 %d H%d\" stroke=\"#333\"/>\n", floor, left - 24
}

function as_svg(    r, wide, x, y) {
	unit = 90
	bar_wide = 15
	wide = 5 * (rows * bar_wide + 24) + 40
	if (wide < 640)
		wide = 640
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" " \
		"height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		wide, 570 + int((rows + 1) / 2) * 18
	print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
	panel(240, "more", "More is better; 1 is kernel routing")
	panel(520, "less", "Less is better: time there and back; 1 is kernel " \
		"routing")
	for (r = 1; r <= rows; r++) {
		x = 20 + (r - 1) % 2 * int(wide / 2)
		y = 556 + int((r - 1) / 2) * 18
		printf "<rect x=\"%d\" y=\"%d\" width=\"11\" height=\"11\" " \
			"fill=\"%s\"/>\n", x, y, colour[r]
		write_at(x + 17, y + 10, "", what[row[r]])
	}
	print "</svg>"
}

END {
	if (form == "svg")
		as_svg()
	else if (form == "markdown")
		as_markdown()
	else
		as_text()
}
