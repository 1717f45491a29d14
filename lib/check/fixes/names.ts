import { mend } from './fix-kind.js';

const unnamed = mend({
  code: 'node-unnamed',
  title: 'names them `<OpType>_<index>`',
  *apply({ model, sites }) {
    const count = sites.filter(({ node }) => node.name === '').length;
    if (count === 0) return;
    model.graph.nameNodes();
    yield { done: `${count} nodes were named.` };
  },
});

const twice = mend({
  code: 'node-name-twice',
  title: 'adds a number to all but the first',
  *apply({ model, sites }) {
    const seen = new Set<string>();
    for (const { node, reference } of sites) {
      const { name } = node;
      if (name === '') continue;
      if (seen.has(name)) {
        node.name = model.graph.uniqueName(name);
        yield { node: reference, done: `The node was renamed '${node.name}'.` };
      }
      seen.add(node.name);
    }
  },
});

export const nameMends = [unnamed, twice] as const;
