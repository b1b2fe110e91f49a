// A graph and the numbers in it as plain data: a worker can send it, a file can hold it, and nothing of the framework is needed to show it.

/** A value of the graph: an output of a node. */
export interface ValueData {
  /** The node that makes it. */
  readonly node: number;
  readonly shape: readonly number[];
  readonly dtype: string;
}

export type NodeKind = 'input' | 'target' | 'weight' | 'state' | 'node';

/** A vertex of the walk: a primitive, or a composite with a vjp of its own; or where the graph begins. */
export interface NodeData {
  readonly kind: NodeKind;
  /** A node by its function, a weight by the last part of its path. */
  readonly name: string;
  readonly path: string;
  /** The places of the groups that it is in, the outermost first. */
  readonly groups: readonly number[];
  /** The places of its values. */
  readonly outputs: readonly number[];
  /** Such as `y = x · kernel`. */
  readonly formula: string;
  /** Whether each element of the output depends on that of the operands alone. (3.1) */
  readonly elementwise: boolean;
  /** The equation of the report that it is, such as `(2.7)`; '' where it is none. */
  readonly equation: string;
}

/** A layer, or a composite that opens. */
export interface GroupData {
  readonly name: string;
  readonly path: string;
  readonly kind: 'layer' | 'composite';
  readonly elementwise: boolean;
  readonly equation: string;
  /** The equation of what comes back out of it; '' where that is those of its nodes. */
  readonly back: string;
}

/** A value that a node reads, and J^T g on the way back. */
export interface EdgeData {
  readonly value: number;
  /** The node that reads it. */
  readonly to: number;
  /** Which operand of it; -1 for a value that is not read, since what it was made of is. */
  readonly input: number;
  /** J^T g as it is derived, such as `g · (1 − y · y)`; '' where no gradient flows. */
  readonly vjp: string;
  readonly equation: string;
}

/** A text about the whole graph, such as its Program or its kernels. */
export interface Listing {
  readonly name: string;
  readonly text: string;
}

export interface GraphData {
  /** Those that another reads stand before it. */
  readonly nodes: readonly NodeData[];
  readonly groups: readonly GroupData[];
  readonly values: readonly ValueData[];
  readonly edges: readonly EdgeData[];
  /** The value that the walk backwards starts from. */
  readonly loss: number;
  readonly listings: readonly Listing[];
}

/** The numbers of a tensor as a matrix, all of them or a sample. The last axis lies in columns. */
export interface Numbers {
  /** Of all elements, the sampled and the others. */
  readonly norm: number;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly sample: Float64Array | Float32Array | readonly number[];
}

/** J^T g beside differences of the node's forward in float64, where they are farthest apart. */
export interface Difference {
  readonly got: number;
  /** The slopes to both sides: where they differ, what lies between them is right. */
  readonly low: number;
  readonly high: number;
  /** Which element of the operand. */
  readonly place: string;
  /** By how much rounding may move such a difference. */
  readonly tolerance: number;
}

/** The numbers at one step of training, by the places of values and edges. */
export interface FrameData {
  readonly step: number;
  readonly loss: number;
  readonly values: readonly (Numbers | undefined)[];
  /** dE/dvalue: all that came back to it. */
  readonly gradients: readonly (Numbers | undefined)[];
  /** J^T g: what came back along each edge. */
  readonly edges: readonly (Numbers | undefined)[];
  /** Of the nodes that were checked. */
  readonly differences?: readonly (Difference | undefined)[];
  /** Of the gradient at weights and inputs, beside differences of the loss; by the places of values. */
  readonly totals?: readonly (Difference | undefined)[];
}
