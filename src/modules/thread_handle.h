// Handles of threads across fork: in the child, all threads but the forking one are done.
#ifndef TYPHON_MODULES_THREAD_HANDLE_H
#define TYPHON_MODULES_THREAD_HANDLE_H

// The forking thread, world stopped: nobody else is changing the list of handles.
void thread_handles_before_fork(void);
void thread_handles_after_fork_parent(void);
void thread_handles_after_fork_child(void);

#endif
