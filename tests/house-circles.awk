# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors

# The circles of a graph.  Each line of input is an edge: from, to, and how.
# A circle is a set of two nodes or more of which each is reached from each
# (a strongly connected component; R. E. Tarjan, SIAM J. Comput. 1, 1972).
# It is printed with its nodes, and below with the edges between them.

{
	if (!(($1, $2) in how)) {
		heads[$1] = heads[$1] " " $2
		edges[++edge_count] = $1 SUBSEP $2
	}
	if (!seen[$1, $2, $3]++ && ++named[$1, $2] <= 3)
		how[$1, $2] = how[$1, $2] " " $3
}

# Recurses at most as deep as there are nodes: some hundred.
function visit(node,    list, count, i, head) {
	order[node] = low[node] = ++visited
	stack[++depth] = node
	on_stack[node] = 1
	count = split(heads[node], list, " ")
	for (i = 1; i <= count; i++) {
		head = list[i]
		if (!(head in order)) {
			visit(head)
			if (low[head] < low[node])
				low[node] = low[head]
		} else if (on_stack[head] && order[head] < low[node])
			low[node] = order[head]
	}
	if (low[node] == order[node])
		leave(node)
}

# All that is on the stack above a component's first node belongs to it.
function leave(first,    node, members, size) {
	circles++
	do {
		node = stack[depth--]
		on_stack[node] = 0
		circle[node] = circles
		members = members " " node
		size++
	} while (node != first)
	if (size > 1)
		print_circle(circles, members)
}

function print_circle(number, members,    i, ends) {
	print "circle:" members
	for (i = 1; i <= edge_count; i++) {
		split(edges[i], ends, SUBSEP)
		if (circle[ends[1]] == number && circle[ends[2]] == number)
			print "  " ends[1] " -> " ends[2] ":" \
			    how[ends[1], ends[2]]
	}
}

END {
	for (e = 1; e <= edge_count; e++) {
		split(edges[e], ends, SUBSEP)
		if (!(ends[1] in order))
			visit(ends[1])
	}
}
