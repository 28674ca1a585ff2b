"""The local engine: the AWS services the stack uses, in one process behind one port.

ministack answers for the services and for CloudFormation, moto's interpreter runs the state
machines and AWS's own runtime client (awslambdaric) runs the functions. Each module here is the
adapter for one seam between them; its docstring says which private names it relies on and why no
public one would do. The versions are pinned, and tests/contract says what must hold on a bump.
"""
