-- SPDX-License-Identifier: Apache-2.0
--
-- page.lua - a filter for pandoc that makes a page of the documents a page of the web:
-- charts become pictures, links between documents lead to the pages, and the first
-- heading is the title. A link to what is not a page loses its target, not its text.
--
-- Of Mermaid's language it knows what the documents use: `flowchart TD` or `LR`, then
-- lines of `a["label"] -->|"text"| b["label"] --> c`. Graphviz draws them.

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
		error('a chart begins with "flowchart TD" or "flowchart LR"')
	end
	for line in body:gmatch('[^\n]+') do
		statement(line)
	end
	return 'digraph {\nranksep=0.25\nrankdir=' .. (way == 'LR' and 'LR' or 'TB') ..
		'\nnode [shape=box style=rounded fontname="DejaVu Sans" fontsize=11 height=0.3]' ..
		'\nedge [fontname="DejaVu Sans" fontsize=10 arrowsize=0.7]\n' ..
		table.concat(graph, '\n') .. '\n}\n'
end

local function code_block(block)
	if block.classes[1] ~= 'mermaid' then
		return nil
	end
	local picture = pandoc.pipe('dot', { '-Tsvg' }, chart(block.text))
	return pandoc.RawBlock('html', '<figure>' .. picture:match('<svg.*</svg>') .. '</figure>')
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
