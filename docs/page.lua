-- SPDX-License-Identifier: Apache-2.0
--
-- page.lua - a filter for pandoc that makes a page of the documents a page of the web:
-- charts become pictures, links between documents lead to the pages, and the first
-- heading is the title. A link to what is not a page loses its target, not its text.
--
-- Of Mermaid's language it knows what the documents use: `flowchart TD` or `LR`, then
-- lines of `a["label"] -->|"text"| b["label"] --> c`, which Graphviz draws; and
-- `xychart-beta`, then lines of `title "text"`, `x-axis "label" 0 --> 12` or
-- `x-axis "label" [a, b, c]`, `y-axis "label" 0 --> 900`, `bar [1, 2, 3]`, `line [1, 2, 3]`.

local pages = {}

local function quoted(text)
	text = text:gsub('^"(.*)"$', '%1'):gsub('["\\]', '\\%0'):gsub('<br/>', '\\n')
	return '"' .. text .. '"'
end

-- Mermaid's text as Graphviz's.
local function chart(text)
	local graph = {}

	local function statement(line)
		local rest = line

		local function take(pattern)
			local from, to, first, second = rest:find('^%s*' .. pattern)
			if from then
				rest = rest:sub(to + 1)
			end
			return first, second
		end

		local function node()
			local name = take('([%w_]+)')
			if not name then
				error('a node is expected in "' .. line .. '" at "' .. rest .. '"')
			end
			local label = take('%[(".-")%]')
			if label then
				table.insert(graph, name .. ' [label=' .. quoted(label) .. ']')
			end
			return name
		end

		local from = node()
		while rest:find('%S') do
			if not take('(%-%->)') then
				error('an arrow is expected in "' .. line .. '" at "' .. rest .. '"')
			end
			local label = take('|(.-)|')
			local to = node()
			local edge = from .. ' -> ' .. to
			if label then
				edge = edge .. ' [label=' .. quoted(label) .. ']'
			end
			table.insert(graph, edge)
			from = to
		end
	end

	local way, body = text:match('^flowchart (%u%u)\n(.*)$')
	if not way then
		error('a chart begins with "flowchart TD", "flowchart LR" or "xychart-beta"')
	end
	for line in body:gmatch('[^\n]+') do
		statement(line)
	end
	return 'digraph {\nranksep=0.25\nrankdir=' .. (way == 'LR' and 'LR' or 'TB') ..
		'\nnode [shape=box style=rounded fontname="DejaVu Sans" fontsize=11 height=0.3]' ..
		'\nedge [fontname="DejaVu Sans" fontsize=10 arrowsize=0.7]\n' ..
		table.concat(graph, '\n') .. '\n}\n'
end

-- Figures over one axis, as SVG.
local function plot(text)
	local left, right, top, bottom = 80, 700, 40, 260
	local axis, series, title, out = {}, {}, '', {}

	local function put(...)
		table.insert(out, string.format(...))
	end

	local function write(x, y, anchor, words, more)
		words = words:gsub('[&<]', { ['&'] = '&amp;', ['<'] = '&lt;' })
		put('<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>', x, y, anchor, more or '', words)
	end

	local function items(list)
		local all = {}
		for item in list:gmatch('[^,]+') do
			table.insert(all, (item:gsub('^%s+', ''):gsub('%s+$', '')))
		end
		return all
	end

	for line in text:match('^xychart%-beta\n(.*)$'):gmatch('[^\n]+') do
		local name, label, from, to = line:match('^%s*([xy])%-axis "(.-)" (%S+) %-%-> (%S+)$')
		local names, list = line:match('^%s*x%-axis "(.-)" %[(.-)%]$')
		local kind, values = line:match('^%s*(%a+) %[(.-)%]$')
		if name then
			axis[name] = { label = label, from = tonumber(from), to = tonumber(to) }
		elseif names then
			axis.x = { label = names, names = items(list) }
		elseif kind == 'bar' or kind == 'line' then
			table.insert(series, { kind = kind, values = items(values) })
		elseif line:match('^%s*title ".-"$') then
			title = line:match('"(.-)"')
		else
			error('"' .. line .. '" is no line of an xychart')
		end
	end
	if not axis.x or not axis.y or #series == 0 then
		error('an xychart has an x-axis, a y-axis, and a bar or a line')
	end

	local function height(value)
		return bottom - (bottom - top) * (value - axis.y.from) / (axis.y.to - axis.y.from)
	end

	put('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 320" width="720" ' ..
		'font-family="DejaVu Sans" font-size="11">')
	write((left + right) / 2, 20, 'middle', title, ' font-size="13"')
	for step = 0, 4 do
		local value = axis.y.from + (axis.y.to - axis.y.from) * step / 4
		put('<path d="M%d %.1fH%d" stroke="#ccc"/>', left, height(value), right)
		write(left - 6, height(value) + 4, 'end', string.format('%g', value))
	end
	write(16, (top + bottom) / 2, 'middle', axis.y.label,
		string.format(' transform="rotate(-90 16 %d)"', (top + bottom) // 2))
	write((left + right) / 2, bottom + 44, 'middle', axis.x.label)

	local count = #series[1].values
	local width = (right - left) / count
	local function middle(i)
		return left + width * (i - 0.5)
	end
	if axis.x.names then
		for i, name in ipairs(axis.x.names) do
			write(middle(i), bottom + 18, 'middle', name)
		end
	else
		for step = 0, 4 do
			write(left + (right - left) * step / 4, bottom + 18, 'middle',
				string.format('%g', axis.x.from + (axis.x.to - axis.x.from) * step / 4))
		end
	end
	for _, one in ipairs(series) do
		local points = {}
		if #one.values ~= count then
			error('series of an xychart have as many values as each other')
		end
		for i, value in ipairs(one.values) do
			local y = height(tonumber(value) or error('"' .. value .. '" is no number'))
			if one.kind == 'bar' then
				put('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#1f4e79"/>',
					middle(i) - width * 0.4, y, width * 0.8, bottom - y)
			else
				table.insert(points, string.format('%.1f,%.1f', middle(i), y))
			end
		end
		if one.kind == 'line' then
			put('<polyline points="%s" fill="none" stroke="#c55a11" stroke-width="1.5"/>',
				table.concat(points, ' '))
		end
	end
	put('</svg>')
	return table.concat(out, '\n')
end

local function code_block(block)
	if block.classes[1] ~= 'mermaid' then
		return nil
	end
	local picture = block.text:find('^xychart') and plot(block.text) or
		pandoc.pipe('dot', { '-Tsvg' }, chart(block.text)):match('<svg.*</svg>')
	return pandoc.RawBlock('html', '<figure>' .. picture .. '</figure>')
end

local function link(element)
	local target = element.target
	if target:find('^%a+:') or target:find('^#') then
		return nil
	end
	local name, anchor = target:match('([^/]+)%.md(#?.*)$')
	if name and pages[name] and not target:find('adr/') then
		element.target = pages[name] .. '.html' .. anchor
		return element
	end
	return element.content
end

-- A column is as wide as what is in it, within reason.
local function columns(tab)
	local widths, sum = {}, 0
	local simple = pandoc.utils.to_simple_table(tab)

	for _, row in ipairs({ simple.headers, table.unpack(simple.rows) }) do
		for i, cell in ipairs(row) do
			local length = utf8.len(pandoc.utils.stringify(cell))
			widths[i] = math.max(widths[i] or 6, math.min(length + 3, 32))
		end
	end
	for _, width in ipairs(widths) do
		sum = sum + width
	end
	for i, width in ipairs(widths) do
		tab.colspecs[i][2] = width / sum
	end
	return tab
end

local function document(whole)
	for pair in pandoc.utils.stringify(whole.meta.pages):gmatch('%S+') do
		pages[pair] = pair == 'README' and 'index' or pair
	end
	for _, block in ipairs(whole.blocks) do
		if block.t == 'Header' then
			whole.meta.pagetitle = pandoc.utils.stringify(block)
			break
		end
	end
	return whole:walk({ CodeBlock = code_block, Link = link, Table = columns })
end

return { { Pandoc = document } }
