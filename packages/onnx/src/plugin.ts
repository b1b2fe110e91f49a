import { Plugin } from '@pullback/plugin';
import type { Container, ServiceIdentifier } from 'inversify';
import { OnnxFile, type ReadOnnxOptions, readOnnx } from './onnx-file.ts';
import type { Operator, OperatorRules, Operators } from './operator-node.ts';

/** An operator as a container makes it: a service, which may have others injected. */
export interface OperatorService {
  readonly operator: Operator | OperatorRules;
}

/** The token of an operator by its name, `com.acme:Foo` outside of ONNX's own domain. The last plugin that binds it wins. */
export function operatorToken(name: string): ServiceIdentifier<OperatorService> {
  return Symbol.for(`@pullback/onnx operator ${name}`);
}

/** Operators as a plugin: containers and forks load it as any other. */
export function operatorPlugin(
  operators: Operators,
  { name = 'operators of ONNX' }: { readonly name?: string } = {},
): Plugin {
  const services = Object.entries(operators).map(([key, operator]) => ({
    token: operatorToken(key),
    service: class implements OperatorService {
      readonly operator = operator;
    },
  }));
  return new Plugin(name, [], services);
}

/** An ONNX model whose operators are those that a container has, and ours where it has none. */
export function readOnnxWith(
  container: Container,
  bytes: Uint8Array,
  options: ReadOnnxOptions = {},
): OnnxFile {
  const file = readOnnx(bytes, options);
  const bound = file.operatorNames.flatMap((name) =>
    container.isBound(operatorToken(name))
      ? [[name, container.get(operatorToken(name)).operator] as const]
      : [],
  );
  return new OnnxFile(file.model, {
    ...options,
    operators: { ...options.operators, ...Object.fromEntries(bound) },
  });
}
