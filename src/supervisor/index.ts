export { onSupervisorGone, runAsChild } from './child.ts';
export type { ChildLog, ChildRole, StopReason } from './child.ts';
export { HandedConnections } from './handed-connections.ts';
export type { Program } from './launch.ts';
export type { ListenAddress, Listener } from './listener.ts';
export type { PidFiles, SupervisorLog } from './supervised-child.ts';
export { Supervisor } from './supervisor.ts';
export type { Group, Service, SupervisorOptions } from './supervisor.ts';
